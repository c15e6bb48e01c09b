"""Tables of plots through the import: what was put right is told, bad cells are named."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from farms import services
from farms.file_notices import notice_lines
from farms.models import ImportStatus, Verdict

pytestmark = pytest.mark.django_db
CORNERS = [(1151500, 577000), (1151510, 577100), (1151380, 577095), (1151375, 576990)]


@pytest.fixture
def corner_table():
    """Two plots as rows of corners, one digit of the second spoiled; the title names the system."""
    lines = ["Hệ tọa độ VN-2000, kinh tuyến trục 105°00';;;;", "Số thửa;Cây trồng;Điểm;X;Y"]
    for number in range(2):
        lines += [f"T{number};Xoài;{n};{x + 300 * number};{y}" for n, (x, y) in enumerate(CORNERS, start=1)]
    return "\n".join(lines).replace(";1151680;", ";11516B0;").encode()


def uploaded(cooperative, clerk, content, name="thửa.csv", **options):
    return services.start_import(cooperative, SimpleUploadedFile(name, content), by=clerk, options=options)


def test_corner_table_becomes_plots_and_the_bad_cell_is_named(
    client, cooperative, clerk, mango, media, work_off, corner_table
):
    plot_import = uploaded(cooperative, clerk, corner_table)
    work_off()
    plot_import.refresh_from_db()

    assert plot_import.status == ImportStatus.PREVIEWED, plot_import.error
    assert plot_import.summary["crs"] == "EPSG:5897"
    assert list(plot_import.rows.order_by("row").values_list("ref", "verdict")) == [
        ("T0", Verdict.GREEN),
        ("T1", Verdict.RED),
    ]
    client.force_login(clerk)
    text = client.get(plot_import.get_absolute_url(), follow=True).content.decode()
    assert "dòng 9, cột X: “11516B0”" in text
    assert "Hệ tọa độ lấy theo lời ghi trên bảng: VN-2000 105°00" in text

    services.commit_import(plot_import, by=clerk, with_amber=False)
    work_off()

    [plot] = cooperative.plots.all()
    assert plot.area_m2 == pytest.approx(13_013.2, abs=0.1)
    assert plot.provisional_parcel_code == "w3g5jrk65gg1"


def test_table_of_bad_cells_only_says_where(cooperative, clerk, mango, media, work_off):
    content = "Số thửa;X;Y\nT1;một;577000\nT1;1151510;hai\nT1;ba;577095\n".encode()

    plot_import = uploaded(cooperative, clerk, content)
    work_off()
    plot_import.refresh_from_db()

    assert plot_import.status == ImportStatus.FAILED
    assert "dòng 2, cột X: “một”" in plot_import.error


def test_lines_of_notices():
    cells = [{"row": n, "column": "X", "value": f"v{n}"} for n in range(12)]
    told = [
        {"code": "cells_unreadable", "params": {"count": 12, "cells": cells}},
        {"code": "values_differ_in_plot", "params": {"columns": ["Chủ hộ", "Giống"]}},
        {"code": "plots_without_shape", "params": {"count": 1, "plots": [
            {"row": 7, "plot": "T1", "reason": "too_few_corners"}]}},
        {"code": "of_another_day", "params": {}},
    ]  # fmt: skip

    lines = notice_lines(told)

    assert lines[0].startswith("Có 12 ô không đọc được tọa độ: dòng 0, cột X: “v0”;")
    assert lines[0].endswith("; …")
    assert lines[1:] == [
        "Các dòng của cùng một thửa ghi khác nhau ở cột Chủ hộ, Giống; lấy giá trị đầu tiên.",
        "Có 1 thửa chưa dựng được hình: thửa T1 (từ dòng 7): chưa đủ 3 góc.",
    ]
