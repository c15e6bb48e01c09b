"""What a person agrees to, word for word, per purpose; a changed text gets a new version and old consents keep theirs.

Law 91/2025/QH15: consent is per purpose, informed, recorded and can be withdrawn; silence is no consent.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from people.models import Purpose

TEXT_VERSION = "2026-1"
CONSENT_TEXTS: dict[str, Any] = {
    Purpose.DIRECTORY: _(
        "Tôi đồng ý cho đơn vị lưu họ tên, năm sinh, ấp khóm và số điện thoại của tôi trong danh bạ nông hộ, "
        "để đơn vị và cơ quan nông nghiệp dùng khi làm mã số vùng trồng."
    ),
    Purpose.PUBLIC_NAME: _("Tôi đồng ý công khai họ tên của tôi cùng với vùng trồng mà tôi canh tác."),
    Purpose.PUBLIC_OUTLINE: _("Tôi đồng ý công khai ranh giới vùng trồng có thửa của tôi trên bản đồ."),
    Purpose.BUYER_CONTACT: _("Tôi đồng ý để người mua liên hệ trực tiếp với tôi qua đơn vị."),
    Purpose.MESSAGES: _("Tôi đồng ý nhận tin nhắn của đơn vị và cơ quan nông nghiệp về thửa và vùng trồng của tôi."),
}
EXPLANATION = _("Sự đồng ý là tự nguyện, theo từng mục đích, và được rút lại bất cứ lúc nào; rút lại có hiệu lực ngay.")
