"""What the drawing page's script says, in the reader's language."""

from django.utils.translation import gettext as _


def editor_texts() -> dict[str, str]:
    """Return the texts of `static/js/pages/plot-editor.js`; `{name}` is filled in there."""
    return {
        "drawing": _("Đang vẽ: bấm từng góc thửa, bấm lại góc đầu hoặc nút Xong để khép ranh."),
        "drawing_hole": _("Đang khoét lỗ: bấm từng góc của phần không canh tác, rồi bấm Xong."),
        "drawing_line": _("Đang vẽ đường cắt: bấm từ ngoài ranh bên này sang ngoài ranh bên kia, rồi bấm Xong."),
        "editing": _("Kéo góc để dời; kéo chấm giữa cạnh để thêm góc; bấm chuột phải vào góc để bỏ."),
        "editing_touch": _("Kéo góc để dời; kéo chấm giữa cạnh để thêm góc; bỏ góc trong bảng các góc bên dưới."),
        "resting": _("Chọn Vẽ để thêm ranh, hoặc Sửa đỉnh để dời góc."),
        "nothing": _("Chưa có ranh."),
        "measured": _("{ha} ha ({m2} m²), chu vi {m} m"),
        "corners": _("{n} góc"),
        "too_few": _("Cần ít nhất ba góc khác nhau."),
        "hole_outside": _("Lỗ phải nằm trọn trong thửa."),
        "crossing": _("Ranh tự cắt ở {n} chỗ, có vòng đỏ trên bản đồ."),
        "checking": _("Đang kiểm tra với máy chủ …"),
        "server_area": _("Diện tích theo máy chủ: {ha} ha ({m2} m²)"),
        "commune": _("Thuộc {name}"),
        "no_commune": _("Nằm ngoài mọi xã, phường đã có địa giới: không ghi được."),
        "own": _("Chồng lên thửa {ref} của đơn vị mình {m2} m²: không ghi được, hãy sửa ranh."),
        "others": _("Chồng lên đất của đơn vị khác {m2} m². Thửa vẫn ghi được nhưng phải chờ cán bộ giải quyết."),
        "fine": _("Không chồng lên thửa nào."),
        "no_answer": _("Máy chủ không trả lời. Hình vẫn được giữ trong trang này; hãy thử lại."),
        "neighbours_cut": _("Quá nhiều thửa trong khung nhìn: hãy phóng to để thấy và bắt dính đủ."),
        "draft": _("Đã lấy lại bản vẽ dở trong thẻ trình duyệt này."),
        "pasted": _("Đã đưa hình lên bản đồ."),
        "not_pasted": _("Không đọc được: hãy dán GeoJSON, WKT hoặc mỗi dòng hai số."),
        "lat": _("Vĩ độ"),
        "lon": _("Kinh độ"),
        "north": _("X (bắc, m)"),
        "east": _("Y (đông, m)"),
        "cell": _("Góc {n}, {axis}"),
        "add_after": _("Thêm góc sau góc {n}"),
        "remove": _("Bỏ góc {n}"),
        "page": _("Góc {from} đến {to} trong {n}"),
        "row_unreadable": _("Có ô chưa phải là số. Viết như 10,4512345 hoặc 10.4512345."),
        "ring_outer": _("Ranh ngoài {part}"),
        "ring_hole": _("Lỗ {n} của phần {part}"),
        "cleared": _("Đã xóa hình. Bấm Hoàn tác để lấy lại."),
        "placed": _("Đã đặt điểm {n}."),
    }
