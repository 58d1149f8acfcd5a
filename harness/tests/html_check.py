#!/usr/bin/env python3
"""html_check.py PAGE: whether an HTML page is well formed and stands alone; says what is wrong and ends with 1."""
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img"}
OUTSIDE = {"src", "srcset", "action", "formaction", "poster"}


class Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.scripts, self.problems = [], set(), [], 0, []

    def problem(self, text):
        self.problems.append("line %d: %s" % (self.getpos()[0], text))

    def handle_starttag(self, tag, attributes, closed=False):
        for name, value in attributes:
            if name == "id" and value in self.ids:
                self.problem("id %s stands twice" % value)
            if name == "id":
                self.ids.add(value)
            if name == "href" and value.startswith("#"):
                self.links.append((self.getpos()[0], value[1:]))
            if name in OUTSIDE or name.startswith("on") or re.match("[a-z]+:", value or "") and name.endswith("href") and value != "data:,":
                self.problem("%s of <%s> leads out of the page or runs code: %s" % (name, tag, value))
        self.scripts += tag == "script"
        if tag not in VOID and not closed:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes, True)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problem("</%s> closes nothing that is open last" % tag)
            raise SystemExit("\n".join(self.problems))


text = open(sys.argv[1], encoding="utf-8").read()
checker = Checker()
checker.feed(text)
checker.close()
if checker.open:
    checker.problem("not closed: " + ", ".join(checker.open))
if checker.scripts != 1:
    checker.problem("%d scripts instead of the page's own" % checker.scripts)
for line, target in checker.links:
    if target not in checker.ids:
        checker.problems.append("line %d: #%s leads nowhere" % (line, target))
for outside in re.findall(r"url\(|@import|https?://", text):
    checker.problem("the page asks for something else: " + outside)
if checker.problems:
    sys.exit("\n".join(checker.problems))
