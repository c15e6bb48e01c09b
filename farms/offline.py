"""Walking a boundary works without signal: what the phone keeps of the page."""

from django.utils.translation import gettext_lazy as _

from office.offline import OfflinePage

CAPTURE = OfflinePage(
    page="farms:plot-capture",
    template="farms/capture_shell.html",
    shell_url="farms:plot-capture-shell",
    files=(
        "css/capture.css",
        "js/lib/camera.js",
        "js/lib/format.js",
        "js/lib/photos.js",
        "js/lib/position.js",
        "js/lib/ring.js",
        "js/lib/sketch.js",
        "js/lib/walk.js",
        "js/lib/worker.js",
        "js/pages/plot-capture.js",
    ),
    title=_("Đo ranh thửa"),
    hint=_("Đi vòng ranh bằng GPS, chụp ảnh, ghi cây trồng."),
)
