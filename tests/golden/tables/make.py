#!/usr/bin/python3
"""Writes the tables of this folder and answers.json; README.md says how to run it and what the fields mean."""

import json
import math
import os
import pathlib
import subprocess
import sys

import numpy
import pandas

HERE = pathlib.Path(__file__).resolve().parent
MISSING_WORDS = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
    "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"]

CASES = {}


def case(name, text, about, *, delimiter=",", decimal=".", thousands=None, quote='"', escape='"',
         encoding="utf-8", bom=False, header=True, skip=0, newline="\n", blank=False, comment=None,
         kwargs=None):
    """A table: its text, and the dialect that is right.

    newline: what each "\n" of the text is written as; None leaves the text alone ("mixed").
    blank: blanks behind a delimiter do not belong to the cell.
    kwargs: what pandas has to be told besides what follows from the dialect."""
    body = text if newline is None else text.replace("\n", newline)
    data = body.encode("cp1252" if encoding == "windows-1252" else encoding)
    if bom:
        data = "\ufeff".encode(encoding) + data
    assert len(data) < 20000, name
    assert name not in CASES, name
    told = {}
    if delimiter != ",":
        told["sep"] = delimiter
    if decimal != ".":
        told["decimal"] = decimal
    if thousands:
        told["thousands"] = thousands
    if quote != '"':
        told["quotechar"] = quote
    if escape == "\\":
        told.update(escapechar="\\", doublequote=False)
    if encoding == "windows-1252":
        told["encoding"] = "cp1252"
    elif encoding != "utf-8":
        told["encoding"] = "utf-16" if bom else encoding
    if not header:
        told["header"] = None
    if skip:
        told["skiprows"] = skip
    if blank:
        told["skipinitialspace"] = True
    if comment:
        told["comment"] = comment
    told.update(kwargs or {})
    CASES[name] = {
        "about": about, "data": data, "kwargs": told,
        "dialect": {
            "delimiter": delimiter, "decimal": decimal, "thousands": thousands, "quote": quote, "escape": escape,
            "encoding": encoding, "bom": bom, "header": header, "skip": skip,
            "newline": "mixed" if newline is None else newline,
            "blank_after_delimiter": blank, "comment": comment}}


def rows(*lines):
    return "".join(line + "\n" for line in lines)


def column(name, cells):
    """A table of one column beside a row number, so that an empty cell is no empty line."""
    return rows("nr," + name, *(f"{i},{cell}" for i, cell in enumerate(cells, 1)))


CITIES = ["Basel", "Bern", "Chur", "Genf", "Zug"]

# --- delimiters, decimal commas, thousands marks -----------------------------------------------------------------

case("comma.csv", rows("nr,city,price", *(f"{i},{CITIES[i % 5]},{i * 1.25:.2f}" for i in range(1, 13))),
     "The plain case")
case("semicolon.csv", rows("nr;city;price", *(f"{i};{CITIES[i % 5]};{i * 1.25:.2f}" for i in range(1, 13))),
     "Semicolons, decimal points", delimiter=";")
case("tab.tsv", rows("nr\tcity\tprice", *(f"{i}\t{CITIES[i % 5]}\t{i * 1.25:.2f}" for i in range(1, 13))),
     "Tabs", delimiter="\t")
case("pipe.txt", rows("nr|city|price", *(f"{i}|{CITIES[i % 5]}|{i * 1.25:.2f}" for i in range(1, 13))),
     "Bars", delimiter="|")
case("semicolon_comma_in_text.csv",
     rows("nr;place;price", *(f"{i};{CITIES[i % 5]}, CH;{i}.5" for i in range(1, 13))),
     "Semicolons; every row also has exactly one comma, the header none", delimiter=";")
case("comma_semicolon_in_text.csv",
     rows("nr,tags,price", *(f"{i},a;b;c,{i}.5" for i in range(1, 13))),
     "Commas; every row also has two semicolons, the header none")
case("semicolon_decimal_comma.csv",
     rows("nr;druck;ort", *(f"{i};{1013.5 + i / 4:.2f};{CITIES[i % 5]}".replace(".", ",") for i in range(1, 13))),
     "A German or French spreadsheet", delimiter=";", decimal=",")
case("tab_decimal_comma.tsv",
     rows("nr\tdruck\tort", *(f"{i}\t{1013.5 + i / 4:.2f}\t{CITIES[i % 5]}".replace(".", ",") for i in range(1, 13))),
     "Tabs and decimal commas", delimiter="\t", decimal=",")
case("comma_decimal_comma_quoted.csv",
     rows("nr,druck", *(f'{i},"{i},{25 * (i % 4):02d}"' for i in range(1, 13))),
     "Decimal commas in quoted cells, comma as delimiter", decimal=",")
case("semicolon_decimal_comma_only.csv",
     rows("a;b", *(f"{i},5;{i},25" for i in range(1, 13))),
     "As many commas less one as would make another table: a;b with a decimal comma in every cell",
     delimiter=";", decimal=",")
case("semicolon_decimal_comma_negative.csv",
     rows("nr;wert", "1;-1,5", "2;0,25", "3;", "4;-0,75", "5;1e3", "6;2,5e-1", "7;7"),
     "Decimal commas: negative, missing, with exponents, without a fraction", delimiter=";", decimal=",")
case("semicolon_thousands_dot.csv",
     rows("nr;umsatz", "1;1.234,5", "2;12.345.678,25", "3;999,75", "4;-1.000,5", "5;0,5"),
     "1.234,5", delimiter=";", decimal=",", thousands=".")
case("semicolon_thousands_dot_whole.csv",
     rows("nr;umsatz;einwohner", "1;1.234,5;1.234", "2;12.345,25;12.345.678", "3;999,75;999", "4;0,5;100.000"),
     "1.234,5 beside a column of whole numbers in which 1.234 is a thousand and more",
     delimiter=";", decimal=",", thousands=".")
case("comma_thousands_quoted.csv",
     rows("nr,amount", '1,"1,234.5"', '2,"12,345,678.25"', "3,999.75", '4,"-1,000.5"', "5,0.5"),
     "1,234.5 in quoted cells", thousands=",")
case("semicolon_thousands_comma.csv",
     rows("nr;amount", "1;1,234.5", "2;12,345,678.25", "3;999.75", "4;-1,000.5", "5;0.5"),
     "1,234.5 between semicolons", delimiter=";", thousands=",")
case("tab_thousands_comma_whole.tsv",
     rows("nr\tpeople", "1\t1,234", "2\t12,345,678", "3\t999", "4\t1,000"),
     "1,234 as a whole number", delimiter="\t", thousands=",")
case("semicolon_thousands_apostrophe.csv",
     rows("nr;betrag", "1;1'234.5", "2;12'345'678.25", "3;999.75", "4;-1'000.5"),
     "1'234.5, as the Swiss write", delimiter=";", thousands="'")
case("tab_thousands_blank.tsv",
     rows("nr\tmontant", "1\t1 234,5", "2\t12 345 678,25", "3\t999,75"),
     "1 234,5, as the French write", delimiter="\t", decimal=",", thousands=" ")
case("comma_versions.csv", rows("nr,version", "1,1.2.3", "2,1.10.0", "3,2.0.0", "4,10.1"),
     "Versions: no thousands marks, however much they look it")

# --- header ------------------------------------------------------------------------------------------------------

case("no_header_numbers.csv", rows("1,2.5,3", "4,5.5,6", "7,8.5,9"), "No header, numbers only", header=False)
case("no_header_mixed.csv", rows(*(f"{i},{CITIES[i % 5]},{i}.5" for i in range(1, 9))),
     "No header; the middle column is text", header=False)
case("header_all_text.csv", rows("city,country", "Basel,Schweiz", "Paris,France", "Berlin,Deutschland", "Wien,Austria"),
     "All text: nothing but convention says that the first line is a header")
case("header_numbers_in_names.csv", rows("id,2019,2020,2021", "a,1,2,3", "b,4,5,6", "c,7,8,9"),
     "Years as column names")
case("header_only.csv", rows("nr,city,price"), "A header and no row")
case("header_only_no_newline.csv", "nr,city,price", "A header, no row and no line end")
case("header_quoted.csv", rows('"nr","city, place","a ""b"""', "1,Basel,x", "2,Bern,y"), "Quotes in the header")
case("no_newline_at_end.csv", "nr,city\n1,Basel\n2,Bern", "The last line has no end")
case("duplicate_names.csv", rows("a,a,b,a", "1,2,3,4", "5,6,7,8"), "One name three times")
case("duplicate_names_taken.csv", rows("a,a,a.1", "1,2,3", "4,5,6"), "The name that a double would get is taken")
case("blank_names.csv", rows(",a,,b", "0,1,2,3", "1,4,5,6"), "Columns without a name, as written with an index")
case("title_lines.csv", rows("Sales 2026", "made by hand", "nr,city,price", "1,Basel,2.5", "2,Bern,3.5", "3,Zug,4.5"),
     "Two lines of title before the header", skip=2)
case("comment_lines.csv", rows("# made by a logger", "# unit: hPa", "nr,pressure", "1,1013.5", "2,1012.5", "3,1011"),
     "Lines with # before the header", comment="#")
case("sep_comma.csv", rows("sep=,", "a,b", *(f"{i},{i}.5" for i in range(1, 9))), "Excel's sep= line", skip=1)
case("sep_semicolon.csv", rows("sep=;", "a;b", *(f"{i};x,y" for i in range(1, 9))),
     "Excel's sep= line; commas in the cells", delimiter=";", skip=1)
case("sep_tab_crlf.csv", rows("sep=\t", "a\tb", *(f"{i}\t{i}.5" for i in range(1, 9))),
     "Excel's sep= line with a tab, CRLF", delimiter="\t", skip=1, newline="\r\n")

# --- quotes ------------------------------------------------------------------------------------------------------

case("quote_doubled.csv", rows("nr,text", '1,"say ""hi"""', '2,""""', '3,"a,b"', "4,plain", '5,""""""'),
     "Quotes doubled inside quotes")
case("quote_backslash.csv", rows("nr,text", r'1,"say \"hi\""', r'2,"a,\"b"', r'3,"back\\slash"', "4,plain"),
     "Quotes behind a backslash", escape="\\")
case("quote_backslash_no_escape.csv", rows("nr,path", r'1,"C:\temp"', r'2,"C:\new, old"', r'3,C:\x', r'4,"C:\y"'),
     "Backslashes that escape nothing")
case("quote_single.csv", rows("nr,text", "1,'a, b'", "2,'c, d'", "3,'e'", "4,'it''s, so'"), "Single quotes",
     quote="'", escape="'")
case("quote_apostrophes.csv", rows("nr,text", "1,it's", "2,'tis", "3,rock 'n' roll", "4,Grisons'"),
     "Apostrophes, which quote nothing")
case("quote_in_the_middle.csv", rows("nr,text", '1,5" pipe', '2,a "b" c', '3,x', '4,7"'),
     "Quotes inside cells that are not quoted: as they stand", escape=None)
case("quote_text_behind.csv", rows("nr,text", '1,"a"b', '2,"c" d', "3,x"), "Text behind the closing quote")
case("quote_all.csv", rows('"nr","city","price"', *(f'"{i}","{CITIES[i % 5]}","{i}.5"' for i in range(1, 9))),
     "Every cell quoted, numbers too")
case("quoted_line_breaks.csv", rows("nr,note", '1,"one\ntwo"', '2,"three\n\nfour"', "3,five", '4,"\n"'),
     "Line breaks in quoted cells")
case("quoted_line_breaks_crlf.csv", rows("nr,note", '1,"one\ntwo"', '2,"three\n\nfour"', "3,five"),
     "CRLF in quoted cells and between rows", newline="\r\n")
case("quoted_lf_in_crlf.csv", 'nr,note\r\n1,"one\ntwo"\r\n2,"three"\r\n3,five\r\n',
     "LF in a quoted cell, CRLF between rows", newline=None)
CASES["quoted_lf_in_crlf.csv"]["dialect"]["newline"] = "\r\n"
case("quote_open_at_end.csv", 'nr,note\n1,a\n2,"never closed\n3,c\n', "A quote that is never closed")
case("blank_before_quote.csv", rows("nr, place", *(f'{i}, "{CITIES[i % 5]}, CH"' for i in range(1, 9))),
     "A blank between delimiter and quote", blank=True)
case("blank_after_delimiter.csv", rows("nr, place, price", *(f"{i}, {CITIES[i % 5]}, {i}.5" for i in range(1, 9))),
     "A blank behind every delimiter, no quotes", blank=True)

# --- line ends ---------------------------------------------------------------------------------------------------

ENDS = rows("nr,city,price", *(f"{i},{CITIES[i % 5]},{i}.5" for i in range(1, 9)))
case("ends_crlf.csv", ENDS, "CRLF", newline="\r\n")
case("ends_cr.csv", ENDS, "CR, as old Macs wrote", newline="\r")
case("ends_mixed.csv", "nr,city\r\n1,Basel\n2,Bern\r\n3,Chur\n4,Genf\r\n", "CRLF and LF in one file", newline=None)
case("empty_lines.csv", "nr,city\n1,Basel\n\n2,Bern\n\n\n3,Zug\n\n", "Empty lines between rows and at the end")
case("empty_lines_first.csv", "\n\nnr,city\n1,Basel\n2,Bern\n", "Empty lines before the header")
case("blank_lines.csv", "nr,city\n1,Basel\n   \n2,Bern\n", "A line of blanks")
case("only_delimiters.csv", "nr,city,price\n1,Basel,2.5\n,,\n2,Bern,3.5\n", "A row of delimiters: all cells missing")

# --- encodings ---------------------------------------------------------------------------------------------------

WORDS = ["Zürich", "Genève", "Köln", "Malmö", "São Paulo", "naïve", "Ålesund", "Straße"]
WORLD = rows("nr,größe,name", *(f"{i},{i}.5,{word}" for i, word in enumerate(WORDS, 1)))
case("utf8.csv", WORLD, "UTF-8")
case("utf8_bom.csv", WORLD, "UTF-8 with a byte order mark", bom=True)
case("utf8_bom_quoted.csv", rows('"nr","name"', "1,Zürich", "2,Genève"),
     "A byte order mark right before a quote", bom=True)
case("utf16le_bom.csv", WORLD, "UTF-16 LE with a mark", encoding="utf-16-le", bom=True)
case("utf16be_bom.csv", WORLD, "UTF-16 BE with a mark", encoding="utf-16-be", bom=True)
case("utf16le.csv", WORLD, "UTF-16 LE without a mark", encoding="utf-16-le")
case("utf16be.csv", WORLD, "UTF-16 BE without a mark", encoding="utf-16-be")
case("utf16le_tab.txt", WORLD.replace(",", "\t"), "Excel's \"Unicode text\"", encoding="utf-16-le", bom=True,
     delimiter="\t", newline="\r\n")
case("windows1252.csv", WORLD, "Windows-1252, which is Latin-1 here", encoding="windows-1252")
case("windows1252_euro.csv", rows("nr;preis;text", "1;5 €;„so“", "2;7 €;it’s", "3;9 €;a–b"),
     "Bytes that Windows-1252 has and Latin-1 has not", encoding="windows-1252", delimiter=";")
case("emoji.csv", rows("nr,mood", "1,😀", "2,👩‍💻", "3,🇨🇭", "4,e\u0301", "5,\u00e9", "6,日本語", "7,😀"),
     "Emoji, joined emoji, flags, combining marks")
case("nul_bytes.csv", "nr,text\n1,a\x00b\n2,c\n3,d\n", "A NUL byte in a cell")

# --- shape -------------------------------------------------------------------------------------------------------

case("lone_column_text.csv", rows("city", *(CITIES[i % 5] for i in range(8))), "One column of texts")
case("lone_column_numbers.csv", rows("n", *(str(i) for i in range(1, 9))), "One column of whole numbers")
case("lone_column_decimal_comma.csv", rows("n", *(f"{i},5" for i in range(1, 9))),
     "One column of decimal commas; a comma as delimiter would make two, with a header of one",
     delimiter=";", decimal=",")
case("lone_column_empty.csv", 'n\n1\n\n2\n""\n3\n', "One column: an empty line, and an empty cell in quotes")
case("lone_column_sentences.csv", rows("note", "first, this", "then, that, too", "no more", "a, b, c, d"),
     "One column of sentences with commas (no table: pandas is told the bar)", delimiter="|")
case("short_rows.csv", rows("nr,city,note", "1,Basel,x", "2,Bern", "3", "4,Genf,y"), "Rows that leave out cells at the end")
case("long_row.csv", rows("nr,city", "1,Basel", "2,Bern,too,many", "3,Chur"), "One row with too many cells")
case("trailing_delimiters.csv", rows("nr,city,", "1,Basel,", "2,Bern,", "3,Chur,"),
     "A delimiter at the end of every line, the header too")
case("trailing_delimiters_rows.csv", rows("nr,city", "1,Basel,", "2,Bern,", "3,Chur,"),
     "A delimiter at the end of every line but the header", kwargs={"index_col": False})
case("wide.csv", rows(",".join(f"c{i}" for i in range(40)), *(",".join(str(i * j) for i in range(40)) for j in range(5))),
     "Forty columns")

# --- missing -----------------------------------------------------------------------------------------------------

case("missing_words.csv",
     rows("nr,number,text", "0,1,a", *(f"{i},{word},{word}" for i, word in enumerate(MISSING_WORDS, 1)), "98,,", "99,2,b"),
     "Every word that pandas 1.5 takes for missing")
case("missing_words_case.csv",
     rows("nr,word", *(f"{i},{w}" for i, w in enumerate(
         ["None", "none", "NONE", "Null", "na", "Na", "N.A.", "NAN", "-", "--", ".", "?", "missing", "nil", "NaT", "n.a."], 1))),
     "Words that pandas 1.5 does not take for missing")
case("missing_near_numbers.csv", rows("nr,dash,dot,none", "1,1,1,1", "2,-,.,None", "3,3,3,3", "4,4,4,4"),
     "Among numbers: words that pandas 1.5 does not take for missing")
case("missing_quoted.csv", rows("nr,number,text", '1,1,a', '2,"",""', "3,,", '4,"NA","NA"', "5,2,b"),
     "Empty cells and NA, quoted and not")
case("missing_blanks.csv", rows("nr,number,text", "1,1,a", "2, , ", "3,   ,   ", "4,2,b"), "Cells of blanks")
case("missing_all.csv", rows("nr,nothing,words", "1,,NA", "2,,NaN", "3,,null"), "Columns without any value")
case("missing_late.csv", column("n", [i for i in range(1, 300)] + [""]), "Whole numbers; the very last is missing")

# --- types -------------------------------------------------------------------------------------------------------

case("integers.csv", column("n", [5, -3, 0, 12, 7, 5, 1000000, -1]), "Whole numbers")
case("integers_missing.csv", column("n", [5, -3, "", 12, "NA", 5]), "Whole numbers with missing ones")
case("integers_then_fraction.csv", column("n", list(range(1, 400)) + [0.5]), "Whole numbers, then one fraction, late")
case("integers_then_text.csv", column("n", list(range(1, 400)) + ["n/k"] + list(range(1, 20))),
     "Whole numbers, then one text, late")
case("integers_fraction_text.csv", column("n", list(range(1, 200)) + [0.5] + list(range(200, 400)) + ["n/k", 7]),
     "Whole numbers, then a fraction, then a text, late")
case("missing_then_integers.csv", column("n", [""] * 300 + [1, 2, 3]), "Nothing for long, then whole numbers")
case("missing_then_text.csv", column("n", [""] * 300 + ["a", "b", "a"]), "Nothing for long, then texts")
case("fractions_whole.csv", column("x", ["1.0", "2.0", "3.0", "1.0", "1"]), "1.0 and 1: fractions, and one value")
case("booleans.csv", rows("nr,lower,title,upper,mixed", "1,true,True,TRUE,true", "2,false,False,FALSE,True", "3,true,True,TRUE,FALSE"),
     "true, True and TRUE")
case("booleans_missing.csv", rows("nr,flag", "1,true", "2,", "3,false", "4,NA", "5,true"), "Booleans with missing ones")
case("booleans_and_numbers.csv", rows("nr,flag", "1,true", "2,1", "3,false", "4,0", "5,2.5"), "Booleans and numbers in one column")
case("booleans_and_text.csv", rows("nr,flag", "1,true", "2,false", "3,maybe", "4,True"), "Booleans and a text in one column")
case("yes_no.csv", rows("nr,word,letter,german,zero_one,switch", "1,yes,Y,ja,1,on", "2,no,N,nein,0,off", "3,yes,Y,ja,1,on"),
     "Words that mean yes and no: texts")
case("int64_limits.csv", column("n", ["9223372036854775807", "-9223372036854775808", "0", "9223372036854775806"]),
     "The limits of 64 bits with a sign")
case("int64_limits_missing.csv", column("n", ["9223372036854775807", "", "9223372036854775806", "1"]),
     "Numbers at the limit, and a missing one: as fractions the two are one value")
case("int64_beyond_2_53.csv", column("n", ["9007199254740993", "9007199254740992", "9007199254740991"]),
     "Whole numbers that a double cannot tell apart")
case("int64_beyond_2_53_missing.csv", column("n", ["9007199254740993", "9007199254740992", "", "9007199254740991"]),
     "The same with a missing one")
case("uint64.csv", rows("nr,half,full", "1,9223372036854775808,18446744073709551615", "2,1,0",
                        "3,9223372036854775809,18446744073709551614"),
     "2^63 and 2^64-1: unsigned")
case("uint64_missing.csv", column("n", ["18446744073709551615", "", "1"]), "2^64-1 with a missing one")
case("uint64_negative.csv", column("n", ["18446744073709551615", "-1", "1"]), "2^64-1 with a negative one")
case("uint64_fraction.csv", column("n", ["18446744073709551615", "0.5", "1"]), "2^64-1 with a fraction")
case("beyond_64_bits.csv", column("n", ["18446744073709551616", "1", "2"]), "2^64")
case("beyond_64_bits_negative.csv", column("n", ["-9223372036854775809", "1", "2"]), "-2^63-1")
case("long_ids.csv",
     rows("nr,d20,d24,d30,mixed",
          "1,10000000000000000001,100000000000000000000001,100000000000000000000000000001,1",
          "2,10000000000000000002,100000000000000000000002,100000000000000000000000000002,100000000000000000000000000002",
          "3,10000000000000000003,100000000000000000000003,100000000000000000000000000003,3"),
     "Ids of 20 to 30 digits; those of 20 fit 64 bits without a sign")
case("long_ids_negative.csv", column("id", ["100000000000000000000001", "-100000000000000000000002", "-3"]),
     "Ids of 24 digits, also negative")
case("long_ids_missing.csv", column("id", ["100000000000000000000001", "", "100000000000000000000002"]),
     "Ids of 24 digits, one missing")
case("codes_leading_zeros.csv", rows("nr,code,zip", "1,00123,01067", "2,0123,10115", "3,123,00501", "4,0,80331"),
     "00123, 0123 and 123: three codes")
case("codes_exponent.csv", rows("nr,part", "1,1E5", "2,100000", "3,2E10", "4,1e5"), "1E5, a part number or a number")
case("underscores.csv", rows("nr,n", "1,1_000", "2,2_500", "3,10"), "1_000: text")
case("hexadecimal.csv", rows("nr,n", "1,0x1F", "2,0xff", "3,0x10"), "0x1F: text")
case("octal_binary.csv", rows("nr,o,b", "1,0o17,0b101", "2,0o20,0b110"), "0o17 and 0b101: text")
case("infinities.csv",
     rows("nr,x", *(f"{i},{w}" for i, w in enumerate(["1.5", "inf", "-inf", "Infinity", "-Infinity", "INF", "+inf", "-INF", "infinity", "2.5"], 1))),
     "Words for infinity")
case("infinity_near.csv", rows("nr,x,y", "1,1,1", "2,infinite,Inf.", "3,2,2"), "Words that are none for infinity")
case("nan_words.csv", rows("nr,x", *(f"{i},{w}" for i, w in enumerate(["1.5", "nan", "NaN", "-nan", "-NaN", "2.5"], 1))),
     "Words for not a number that count as missing")
case("nan_words_text.csv", rows("nr,x", *(f"{i},{w}" for i, w in enumerate(["1.5", "NAN", "Nan", "+nan", "nan(1)", "2.5"], 1))),
     "Words for not a number that do not")
case("negative_zero.csv", rows("nr,whole,fraction", "1,-0,-0.0", "2,0,0.0", "3,1,1.5"), "-0 and -0.0")
case("huge_and_tiny.csv", rows("nr,huge,tiny,edge", "1,1e400,1e-400,1.7976931348623157e308", "2,-1e400,-1e-400,5e-324", "3,1,1,2.2250738585072014e-308"),
     "Beyond the range of a double")
case("plus_sign.csv", rows("nr,n,x", "1,+5,+0.5", "2,5,0.5", "3,-5,-0.5"), "+5 is 5")
case("blanks_around.csv", rows("nr,n,x,text", "1, 5 ,  0.5, a ", "2,6,1.5 ,a", "3,\t7,2.5,b"), "\" 5 \": a number; \" a \" is not \"a\"")
case("blanks_quoted.csv", rows("nr,n", '1," 5 "', '2,"6"', "3,7"), "\" 5 \" in quotes")
case("dots.csv", rows("nr,behind,before,alone", "1,5.,.5,5.", "2,6.,.25,.", "3,7.,-.75,7"), "5. and .5 are numbers, . is not")
case("exponents.csv", rows("nr,x", "1,1e3", "2,1E3", "3,1e+3", "4,1.5e-3", "5,-2e0", "6,1e03"), "Exponents")
case("exponents_broken.csv", rows("nr,x,y", "1,1e,1", "2,e5,1e5.5", "3,1,2"), "1e, e5 and 1e5.5: text")
case("digits_17.csv", rows("nr,x", "1,0.1", "2,0.30000000000000004", "3,123456.78901234567", "4,2.2204460492503131e-16", "5,1.1"),
     "Fractions with 17 digits")
case("percent_currency.csv", rows("nr,share,price,unit", "1,5%,$1.50,3 kg", "2,6.5%,$2.00,4 kg", "3,7%,$3,5 kg"), "5%, $1.50 and 3 kg: text")
case("dates.csv", rows("day,us,german", "2026-01-02,1/2/2026,02.01.2026", "2026-01-03,1/13/2026,03.01.2026", "2026-12-31,12/31/2026,31.12.2026"),
     "Dates: texts, as long as nobody asks for more")
case("timestamps.csv",
     rows("iso,zone,blank,ms", "2026-01-02T03:04:05Z,2026-01-02T03:04:05+01:00,2026-01-02 03:04:05.678,1767323045000",
          "2026-01-02T03:04:06Z,2026-01-02T03:04:06+01:00,2026-01-02 03:04:06,1767323046000"),
     "Timestamps: texts; milliseconds are whole numbers")
case("times_dates_bad.csv", rows("nr,day", "1,2026-01-02", "2,2026-02-30", "3,", "4,2026-01-03"), "A day that is none, and a missing one")
case("dates_digits.csv", rows("nr,day", "1,20260102", "2,20260103", "3,20261231"), "Days without marks are whole numbers")


# --- what pandas says --------------------------------------------------------------------------------------------

def number(value):
    """Strict JSON: what is not finite, or beyond what a double holds exactly as a whole number, is a text."""
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value) if abs(int(value)) <= 2**53 else str(int(value))
    value = float(value)
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def total(values):
    if any(math.isinf(v) for v in values):
        return sum(values)
    return math.fsum(values)


def describe(name, series):
    kept = series.dropna()
    answer = {"name": str(name), "dtype": str(series.dtype), "missing": int(series.isna().sum()),
              "distinct": int(series.nunique())}
    if series.dtype == object:
        kinds = {}
        for value in kept:
            kinds[type(value).__name__] = kinds.get(type(value).__name__, 0) + 1
        answer["holds"] = dict(sorted(kinds.items()))
        answer["first"] = [None if pandas.isna(value) else str(value) for value in series[:3]]
    elif len(kept):
        if series.dtype.kind == "f":
            answer["sum"] = number(total([float(v) for v in kept]))
        else:
            answer["sum"] = number(sum(int(v) for v in kept))
        answer["min"] = number(kept.min())
        answer["max"] = number(kept.max())
    return answer


def ask_pandas(name, entry):
    shown = {"low_memory": False, "engine": "c", **entry["kwargs"]}
    answer = {"kwargs": shown}
    try:
        frame = pandas.read_csv(HERE / name, **shown)
    except Exception as error:  # what it says is the answer
        answer["error"] = f"{type(error).__name__}: {str(error).strip()}"
        return answer
    answer["rows"] = len(frame)
    answer["columns"] = [describe(label, frame.iloc[:, i]) for i, label in enumerate(frame.columns)]
    # The default parser of fractions may be off by the last digit; where that shows, say so.
    exact = pandas.read_csv(HERE / name, **shown, float_precision="round_trip")
    for i, told in enumerate(answer["columns"]):
        again = describe(told["name"], exact.iloc[:, i])
        if again != told:
            told["round_trip"] = {key: value for key, value in again.items() if told.get(key) != value}
    return answer


def main():
    for old in HERE.iterdir():
        if old.suffix in (".csv", ".tsv", ".txt") and old.name not in CASES:
            old.unlink()
    for name, entry in CASES.items():
        (HERE / name).write_bytes(entry["data"])
    duckdb = json.loads(subprocess.run(
        ["node", str(HERE / "make-duckdb.mjs"), *CASES], cwd=HERE, check=True, stdout=subprocess.PIPE,
        env={**os.environ, "DUCKDB_NODE": os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else HERE)}).stdout)
    answers = {
        "versions": {"pandas": pandas.__version__, "numpy": numpy.__version__,
                     "python": ".".join(map(str, sys.version_info[:3])), "duckdb": duckdb["version"]},
        "cases": {name: {"about": entry["about"], "dialect": entry["dialect"],
                         "pandas": ask_pandas(name, entry), "duckdb": duckdb["answers"][name]}
                  for name, entry in sorted(CASES.items())}}
    text = json.dumps(answers, indent=1, ensure_ascii=False, allow_nan=False)
    (HERE / "answers.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(CASES)} tables")


if __name__ == "__main__":
    main()
