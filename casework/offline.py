"""The visit page works without signal: what the phone keeps of it."""

from django.utils.translation import gettext_lazy as _

from office.offline import OfflinePage

INSPECTION = OfflinePage(
    page="casework:inspection-new",
    template="casework/inspection_shell.html",
    shell_url="casework:inspection-shell",
    files=(
        "css/inspection.css",
        "js/lib/camera.js",
        "js/lib/photos.js",
        "js/lib/worker.js",
        "js/pages/inspection.js",
    ),
    title=_("Kiểm tra thực địa"),
    hint=_("Dành cho cán bộ: các lần kiểm tra đã mở trên máy này."),
    entry="casework:visit-list",
)
