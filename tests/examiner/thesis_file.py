"""A small thesis as students write them: Persian and English, slash decimals, merged cells; each number can be changed."""

from __future__ import annotations

from docx import Document

FA = str.maketrans("0123456789.", "۰۱۲۳۴۵۶۷۸۹/")

CLEAN = {
    "cochran": "384", "women": "198", "men": "186", "women_share": "51.6", "all": "384",
    "kmo": "0.858", "kmo_text": "0.858", "bartlett": "2145.32", "bartlett_df": "66",
    "l1": "0.72", "l2": "0.81", "l3": "0.78", "l4": "0.69", "ave_tru": "0.565", "cr_tru": "0.838", "alpha_tru": "0.79",
    "m1": "0.84", "m2": "0.75", "m3": "0.80", "m4": "0.71", "ave_sat": "0.603", "cr_sat": "0.858", "alpha_sat": "0.81",
    "k1": "0.70", "k2": "0.74", "k3": "0.77", "k4": "0.83", "ave_com": "0.580", "cr_com": "0.846", "alpha_com": "0.80",
    "root_tru": "0.752", "r12": "0.55", "root_sat": "0.777", "r13": "0.48", "r23": "0.51", "root_com": "0.762",
    "chi2": "112.46", "df": "51", "ratio": "2.205", "rmsea": "0.056", "cfi": "0.951",
    "beta1": "0.61", "se1": "0.05", "t1": "12.20", "p1": "0.000", "beta2": "0.09", "se2": "0.07", "t2": "1.29", "p2": "0.199",
    "direct": "0.15", "indirect": "0.30", "total": "0.45", "vaf": "0.67",
    "communality1": "0.57", "communality2": "0.60", "r2": "0.37", "gof": "0.465",
    "grim": "3.46", "grim_n": "50",
}  # fmt: skip


def persian(text):
    return text.translate(FA)


def add_table(document, rows, caption):
    document.add_paragraph(caption)
    table = document.add_table(len(rows), len(rows[0]))
    for line, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = text
    return table


def thesis(path, **changed):
    """A thesis in Persian at `path`; `changed` plants numbers."""
    n = {key: persian(changed.get(key, value)) for key, value in CLEAN.items()}
    document = Document()
    document.add_paragraph(
        f"جامعهٔ آماری نامحدود است؛ با فرمول کوکران (p=۰/۵ و d=۰/۰۵) حجم نمونه {n['cochran']} نفر به دست آمد."
    )
    gender = [["جنسیت", "فراوانی", "درصد"], ["زن", n["women"], n["women_share"]], ["مرد", n["men"], persian("48.4")], ["جمع", n["all"], persian("100")]]  # fmt: skip
    add_table(document, gender, "جدول ۴-۱: توزیع فراوانی جنسیت")
    kmo = [["شاخص KMO", "", n["kmo"]], ["آزمون بارتلت", "خی‌دو", n["bartlett"]], ["", "درجه آزادی", n["bartlett_df"]], ["", "سطح معناداری", persian("0.000")]]  # fmt: skip
    add_table(document, kmo, "جدول ۴-۲: آزمون KMO و بارتلت")
    document.add_paragraph(
        f"مقدار KMO برابر با {n['kmo_text']} است که از ۰/۶ بیشتر است."
        if changed.get("kmo_text") != ""
        else "مقدار KMO برابر با  است."
    )
    loadings = [["متغیر", "گویه", "بار عاملی", "AVE", "CR", "آلفای کرونباخ"]]
    for name, code, letters in (("اعتماد", "tru", "l"), ("رضایت", "sat", "m"), ("تعهد", "com", "k")):
        for item in "1234":
            loadings.append([name if item == "1" else "", f"{code.upper()}{item}", n[letters + item], *([n[f"ave_{code}"], n[f"cr_{code}"], n[f"alpha_{code}"]] if item == "1" else [""] * 3)])  # fmt: skip
    table = add_table(document, loadings, "جدول ۴-۳: بارهای عاملی، پایایی و روایی همگرا")
    for first in (1, 5, 9):
        for column in (0, 3, 4, 5):
            table.cell(first, column).merge(table.cell(first + 3, column))
    square = [
        ["سازه", "اعتماد", "رضایت", "تعهد"], ["اعتماد", n["root_tru"], "", ""],
        ["رضایت", n["r12"], n["root_sat"], ""], ["تعهد", n["r13"], n["r23"], n["root_com"]],
    ]  # fmt: skip
    add_table(document, square, "جدول ۴-۴: معیار فورنل و لارکر")
    fit = [["شاخص", "مقدار", "حد مجاز"], ["χ²", n["chi2"], "-"], ["df", n["df"], "-"], ["χ²/df", n["ratio"], persian("کمتر از 3")], ["RMSEA", n["rmsea"], persian("کمتر از 0.08")], ["CFI", n["cfi"], persian("بیشتر از 0.9")]]  # fmt: skip
    add_table(document, fit, "جدول ۴-۵: برازش تحلیل عاملی تأییدی")
    paths = [
        ["مسیر", "ضریب مسیر", "خطای استاندارد", "آماره t", "سطح معناداری", "نتیجه"],
        ["مدیریت ارتباط با مشتری ← کیفیت رابطه", n["beta1"], n["se1"], n["t1"], n["p1"], changed.get("said1", "تأیید")],
        ["مدیریت ارتباط با مشتری ← ارزش مشتری", n["beta2"], n["se2"], n["t2"], n["p2"], changed.get("said2", "رد")],
    ]  # fmt: skip
    add_table(document, paths, "جدول ۴-۶: آزمون فرضیه‌ها")
    effects = [
        ["اثر مستقیم", "اثر غیرمستقیم", "اثر کل", "VAF"],
        [n["direct"], n["indirect"], n["total"], n["vaf"]],
    ]
    add_table(document, effects, "جدول ۴-۷: میانجی‌گری")
    quality = [["سازه", "مقادیر اشتراکی", "R²", "GoF"], ["کیفیت رابطه", n["communality1"], n["r2"], n["gof"]], ["ارزش مشتری", n["communality2"], "", ""]]  # fmt: skip
    add_table(document, quality, "جدول ۴-۸: نیکویی برازش")
    means = [["گویه", "تعداد", "میانگین"], ["FOC1", n["grim_n"], n["grim"]]]
    add_table(document, means, "جدول ۴-۹: میانگین گویه‌ها")
    document.save(path)
    return path
