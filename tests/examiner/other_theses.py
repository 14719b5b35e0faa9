"""Theses laid out in other ways: folded and nested tables, text boxes, headings of two rows, SPSS and AMOS output, CSV."""

from __future__ import annotations

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.examiner.thesis_file import add_table, persian

VML = "urn:schemas-microsoft-com:vml"


def decimal(text):
    """Persian digits with the Persian decimal mark."""
    return persian(text).replace("/", "٫")


def boxed(document, text):
    """A text box."""
    box = f'<w:r {nsdecls("w")} xmlns:v="{VML}"><w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>'
    document.add_paragraph("")._p.append(parse_xml(box))


def folded(path, **c):
    """Persian, PLS: indices two to a row, loadings side by side, a matrix with means before it, GoF in a sentence."""
    n = lambda key, value: persian(c.get(key, value))  # noqa: E731
    d = Document()
    d.add_paragraph("حجم نمونه ۳۸۴ نفر است.")
    kmo = [
        ["آزمون", "مقدار"],
        ["KMO", n("kmo", "0.858")],
        ["خی‌دو بارتلت", persian("2145.32")],
        ["درجه آزادی", n("bartlett", "66")],
    ]
    add_table(d, kmo, "جدول ۴-۱- کفایت نمونه")
    pairs = [["TR1", "0.72", "SA1", "0.84"], ["TR2", "0.81", "SA2", "0.75"], ["TR3", "0.78", "SA3", "0.80"], ["TR4", "0.69", "SA4", "0.71"]]  # fmt: skip
    head = ["سازه", "گویه", "بار عاملی"]
    rows = [["اعتماد" if k == 0 else "", a, persian(x) + "**", "رضایت" if k == 0 else "", b, persian(y) + "**"] for k, (a, x, b, y) in enumerate(pairs)]  # fmt: skip
    add_table(d, [head * 2, *rows], "جدول ۴-۲- بارهای عاملی")
    quality = [
        ["سازه", "پایایی", "پایایی", "روایی همگرا"],
        ["", "آلفای کرونباخ", "پایایی ترکیبی (CR)", "میانگین واریانس استخراج‌شده (AVE)"],
        ["اعتماد", persian("0.79"), n("cr", "0.838"), n("ave", "0.565")],
        ["رضایت", persian("0.81"), persian("0.858"), persian("0.603")],
    ]
    table = add_table(d, quality, "جدول ۴-۳- پایایی و روایی همگرا")
    table.cell(0, 1).merge(table.cell(0, 2))
    matrix = [
        ["متغیر", "میانگین", "انحراف معیار", "۱", "۲"],
        ["۱. اعتماد", persian("3.51"), persian("0.81"), n("root", "0.752"), ""],
        ["۲. رضایت", persian("3.47"), persian("0.92"), persian("0.55") + "**", persian("0.777")],
    ]
    add_table(d, matrix, "جدول ۴-۴- ماتریس همبستگی و جذر AVE")
    fit = [
        ["شاخص", "مقدار", "شاخص", "مقدار"], ["χ²", persian("41.21"), "RMSEA", n("rmsea", "0.055")],
        ["df", n("df", "19"), "SRMR", persian("0.041")], ["نسبت کای اسکوئر به درجه آزادی", n("ratio", "2.169"), "CFI", persian("0.951")],
    ]  # fmt: skip
    add_table(d, fit, "جدول ۴-۵- برازش تحلیل عاملی تأییدی")
    paths = [
        ["فرضیه", "مسیر", "ضریب مسیر (β)", "مقدار t", "سطح معنی‌داری", "نتیجه"],
        [
            "H1",
            "اعتماد -> رضایت",
            persian("0.61") + "***",
            f"({persian('12.20')})",
            n("p1", "<0.001"),
            "تأیید",
        ],
        [
            "H2",
            "اعتماد -> تعهد",
            persian("0.09"),
            f"({persian('1.29')})",
            persian("0.197"),
            c.get("said", "رد"),
        ],
    ]
    add_table(d, paths, "جدول ۴-۶- فرضیه‌ها")
    add_table(
        d,
        [["سازه", "مقادیر اشتراکی", "R2"], ["رضایت", persian("0.62"), persian("0.40")]],
        "جدول ۴-۷- برازش کلی",
    )
    d.add_paragraph(
        f"معیار GoF با توجه به مقادیر اشتراکی (۰/۶۲) و R2 (۰/۴۰) برابر {n('gof', '0.498')} محاسبه شد."
    )
    d.add_paragraph(f"اثر مستقیم ۰/۰۹ و اثر غیرمستقیم ۰/۲۶۳ و VAF برابر {n('vaf', '0.745')} است.")
    d.save(path)


def nested(path, **c):
    """Persian, SPSS: a text box, a table in a table, one caption for two tables, one index a column."""
    n = lambda key, value: persian(c.get(key, value))  # noqa: E731
    d = Document()
    boxed(d, f"شاخص KMO برابر {n('boxed', '0.91')} است")
    add_table(
        d,
        [["KMO", "خی‌دو بارتلت", "df"], [persian("0.91"), persian("512.3"), n("bartlett", "6")]],
        "جدول ۴-۱: کفایت",
    )
    outer = d.add_table(1, 2)
    outer.cell(0, 1).text = "توضیح"
    inner = outer.cell(0, 0).add_table(5, 4)
    rows = [["سازه", "گویه", "بار عاملی", "AVE"], ["اعتماد", "T1", "0.72", c.get("ave", "0.565")], ["", "T2", "0.81", ""], ["", "T3", "0.78", ""], ["", "T4", "0.69", ""]]  # fmt: skip
    for line, row in zip(inner.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = text.replace("0.", "۰/")
    add_table(d, [["فرضیه", "ضریب", "خطا", "t", "p"], ["CRM بر RQ", persian("0.45"), persian("0.10"), n("t", "4.50"), persian("0.000")]], "جدول ۴-۳: فرضیه‌ها و آلفا")  # fmt: skip
    d.add_paragraph("")
    add_table(d, [["متغیر", "آلفای کرونباخ"], ["اعتماد", persian("0.83")]], "")
    d.add_paragraph(f"آلفای کرونباخ متغیر اعتماد برابر با {n('alpha', '0.83')} است.")
    add_table(d, [["R", "R Square"], [persian("0.61"), n("r2", "0.372")]], "جدول ۴-۴: خلاصه مدل")
    chi2 = [
        ["آماره", "مقدار", "درجه آزادی", "سطح معنی‌داری"],
        ["خی‌دو پیرسون", persian("14.6"), persian("4"), n("p", "0.006")],
    ]
    add_table(d, chi2, "جدول ۴-۵: آزمون خی‌دو")
    normal = [
        ["متغیر", "آماره Z کولموگروف-اسمیرنوف", "سطح معناداری"],
        ["رضایت", persian("1.12"), persian("0.163")],
    ]
    add_table(d, normal, "جدول ۴-۶: نرمال بودن")
    d.add_paragraph(
        f"آزمون سوبل با مقدار Z برابر {n('z', '6.17')} معنادار است (a = ۰/۶۱، Sa = ۰/۰۵، b = ۰/۴۳، Sb = ۰/۰۶)."
    )
    d.save(path)


def english(path, **c):
    """English, AMOS and SPSS: stars for p, ANOVA, Fornell-Larcker beside means, hypotheses numbered in the path."""
    n = c.get
    d = Document()
    d.add_paragraph("A total of 400 questionnaires were distributed and 384 were returned.")
    weights = [
        ["", "", "", "Estimate", "S.E.", "C.R.", "P"], ["RQ", "<---", "CRM", "0.521", "0.042", n("cr", "12.405"), "***"],
        ["CLV", "<---", "CRM", "0.118", "0.071", "1.662", n("p", ".097")],
    ]  # fmt: skip
    add_table(d, weights, "Table 4.6. Regression weights")
    anova = [
        ["Source", "Sum of Squares", "df", "Mean Square", "F", "Sig."], ["Between Groups", "12.48", "2", "6.240", "7.32", ".001"],
        ["Within Groups", "324.77", "381", "0.852", "", ""], ["Total", n("ss", "337.25"), "383", "", "", ""],
    ]  # fmt: skip
    add_table(d, anova, "Table 4.9. ANOVA")
    matrix = [
        ["", "Mean", "SD", "Trust", "Loyalty"], ["Trust", "5.41", "1.12", n("root", "0.840"), ""], ["Loyalty", "5.02", "1.20", ".612**", "0.777"],
    ]  # fmt: skip
    add_table(d, [["Construct", "AVE"], ["Trust", "0.705"], ["Loyalty", "0.604"]], "Table 3")
    add_table(d, matrix, "Table 4: Discriminant validity")
    results = [["Hypothesis", "β", "SE", "t-value"], ["H1: CRM → Trust", "0.643", "0.051", "12.61"]]
    add_table(d, results, "Table 7: Results")
    d.add_paragraph(f"CRM had a strong effect on trust (β = {n('beta', '0.643')}, t = 12.61, p < .001).")
    d.save(path)


def part_of_a_thesis(path, **c):
    """CSV, semicolons, Persian decimal marks; loadings of one construct only, as one of several tables of its kind."""
    n = lambda key, value: decimal(c.get(key, value))  # noqa: E731
    lines = f"""جدول ۴-۲ بارهای عاملی
سازه;گویه;بار عاملی;AVE
اعتماد;TRU1;{decimal("0.72")};{n("ave", "0.565")}
;TRU2;{decimal("0.81")};
;TRU3;{decimal("0.78")};
;TRU4;{decimal("0.69")};

جدول ۴-۴ همبستگی
متغیر;اعتماد;رضایت;تعهد
اعتماد;{decimal("1")};{n("r", "0.55")};{decimal("0.48")}
رضایت;{decimal("0.55")};{decimal("1")};{decimal("0.51")}
تعهد;{decimal("0.48")};{decimal("0.51")};{decimal("1")}

جدول ۴-۵ برازش تحلیل عاملی تأییدی
شاخص;مقدار قابل قبول;مقدار به‌دست‌آمده
کای اسکوئر;;{decimal("112.46")}
درجه آزادی;;۵۱
نسبت کای اسکوئر به درجه آزادی;کمتر از ۳;{n("ratio", "2.21")}
"""
    path.write_text(lines, encoding="utf-8-sig")


def bootstrapped(path, **c):
    """Intervals in two columns, in brackets and in words, with verdicts that rest on them."""
    n = lambda key, value: persian(c.get(key, value))  # noqa: E731
    d = Document()
    indirect = [
        ["مسیر", "اثر غیرمستقیم", "کران پایین", "کران بالا", "نتیجه"],
        ["اعتماد ← رضایت ← وفاداری", persian("0.105"), n("low", "0.041"), persian("0.182"), "تأیید"],
        ["تعهد ← رضایت ← وفاداری", persian("0.04"), persian("-0.02"), persian("0.11"), c.get("said", "رد")],
    ]
    add_table(d, indirect, "جدول ۴-۸: بوت‌استرپ")
    results = [
        ["Hypothesis", "β", "95% CI", "Decision"],
        ["H1: CRM → Trust", c.get("beta", "0.643"), "[0.54, 0.74]", "Supported"],
    ]
    add_table(d, results, "Table 7")
    words = [
        ["مسیر", "ضریب", "فاصله اطمینان ۹۵٪", "نتیجه"],
        ["اعتماد ← وفاداری", persian("0.31"), "۰/۲۱ تا ۰/۴۰", c.get("kept", "تأیید")],
    ]
    add_table(d, words, "جدول ۴-۹: ضرایب")
    d.save(path)
