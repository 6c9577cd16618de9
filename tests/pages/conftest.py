"""Documents to read, and an emulator that has seen nothing yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from cncoding_emulator import image_marks
from tests.llamaindex.conftest import emulator, running_emulator
from tests.llamaindex.pdf import make_pdf

__all__ = ["emulator", "running_emulator"]

SCAN_PAGES = 60
SUBJECTS = {17: "WHALE POPULATION 1986", 40: "ROCKET COST 512", 59: "SHAREHOLDER LIST 7"}


def make_scan(path: Path, pages: int, subjects: dict[int, str]) -> Path:
    """A PDF without a text layer: pictures of pages, some of which say something."""
    canvas = Canvas(str(path), pagesize=A4)
    for number in range(1, pages + 1):
        canvas.rect(50, 60, 480, 700)
        if number in subjects:
            chart: Image.Image = image_marks.draw(subjects[number])
            canvas.drawImage(ImageReader(chart), 60, 420, 470, 470 * chart.height / chart.width)
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scan(tmp_path_factory.mktemp("scan") / "scan.pdf", SCAN_PAGES, SUBJECTS)


@pytest.fixture(scope="session")
def short_scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scan(tmp_path_factory.mktemp("scan") / "short.pdf", 18, SUBJECTS)


REPORT = [
    "2025 年年度报告\n成都示例股份有限公司",
    "目录\n一、营业收入 ....... 3\n二、人员 ....... 4\n三、研发 ....... 5\n四、现金流 ....... 6\n五、附录 ....... 7",
    "一、营业收入\n公司全年实现营业收入 3.2 亿元，同比增长 12.5%。\n华东地区贡献了其中的一半。",
    "二、人员\n年末共有员工 812 人，比上年增加 57 人，其中研发人员占四成。\n平均司龄为六年。",
    "三、研发\n第三季度研发投入 45,000,000 元，用于 GPT-4o 类模型的适配。",
    "四、现金流",
    "五、附录\n本报告使用的术语与会计准则一致，释义见公司网站的投资者关系栏目。",
]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a running header; page 6 is a chart whose figures stand in the picture only."""
    pages = [f"示例股份有限公司 2025 年年度报告\n{text}\n{number} / 7" for number, text in enumerate(REPORT, start=1)]
    return make_pdf(tmp_path_factory.mktemp("report") / "report.pdf", pages, {6: image_marks.draw("CASH FLOW Q3 77")})
