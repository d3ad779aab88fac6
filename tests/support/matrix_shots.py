#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""matrix_shots.py [--text | --shots DIR] (HTML VERSIONS)...

Reads each report of so many versions, then opens it in headless Chromium, on a phone and on a desktop,
light, dark and on paper, and checks what a machine can: it is whole HTML that loads nothing, nothing is
wrong for the browser, the page fits the phone, text can be read, the map is whole and has its colours.
Screenshots and PDFs go to DIR. With --text no browser is started. Exit code 77: it cannot be.
"""
import base64
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zlib

PHONE = (360, 800)
DESKTOP = (1200, 900)
PAPER_WIDTH = 688  # A4 between margins of 14 mm, in CSS pixels
CONTRAST = 4.5     # WCAG 2.1, 1.4.3
SKIPPED = 77
VOID = {"meta", "link", "br", "img", "input", "hr"}
failures = []


def check(good, words):
    if not good:
        failures.append(words)


class Balance(html.parser.HTMLParser):
    """Every element is closed, in order; nothing that loads or runs; headings in order; no id twice."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.heading, self.ids, self.links = [], 0, set(), set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        check(tag not in {"script", "img", "iframe", "object", "embed", "link", "base", "form"}, f"<{tag}>")
        check(not any(name.startswith("on") for name in attrs), f"<{tag}> has a handler: {attrs}")
        for name in ("href", "src", "action", "xlink:href"):
            check(attrs.get(name, "#").startswith("#"), f"<{tag}> leads outside: {attrs}")
        if "href" in attrs:
            self.links.add(attrs["href"][1:])
        if "id" in attrs:
            check(attrs["id"] not in self.ids, f"id {attrs['id']} twice")
            self.ids.add(attrs["id"])
        if re.fullmatch("h[1-6]", tag):
            check(int(tag[1]) <= self.heading + 1, f"<{tag}> after <h{self.heading}>")
            self.heading = int(tag[1])
        if tag == "th":
            check("scope" in attrs, "<th> without scope")
        if tag == "svg":
            check(attrs.get("role") == "img" and attrs.get("aria-label") or attrs.get("aria-hidden") == "true",
                  f"<svg> without a name: {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        check(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}, line {self.getpos()[0]}")
        if self.open:
            self.open.pop()


def cells_of(n):
    """One version has no pairs, and no map."""
    return n * n if n > 1 else 0


def check_text(text, n):
    cells = len(re.findall("^<rect class=.*<title>.*</title></rect>", text, re.M))
    check(cells == cells_of(n), f"{cells} cells of {n} versions")
    parser = Balance()
    parser.feed(text)
    parser.close()
    check(not parser.open, f"never closed: {parser.open}")
    check(parser.links <= parser.ids, f"links to nowhere: {parser.links - parser.ids}")
    check(text.startswith("<!DOCTYPE html>\n<html lang="), "no doctype, or no language")
    bad = re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
    check(not bad, f"characters that are not seen: {bad[:5]}")


class Browser:
    """A session of chromedriver, spoken to in its own protocol (W3C WebDriver)."""

    def __init__(self, profile):
        self.base = None
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True,
                                       stderr=subprocess.DEVNULL)
        try:
            self.begin(profile)
        except OSError:
            self.close()
            raise

    def begin(self, profile):
        for line in self.driver.stdout:
            found = re.search(r"on port (\d+)", line)
            if found and "Starting" not in line:
                self.base = f"http://127.0.0.1:{found[1]}"
                break
        if not self.base:
            raise OSError("chromedriver ends at once")
        options = {"binary": shutil.which("chromium"),
                   "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                            "--hide-scrollbars", "--force-device-scale-factor=1",
                            f"--user-data-dir={profile}"]}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self.base += "/session/" + answer["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def close(self):
        try:
            if self.base and "/session/" in self.base:
                self.call("DELETE", "")
        except OSError:
            pass
        self.driver.terminate()
        self.driver.wait()


def decode(png):
    """Rows of pixels, 3 bytes each (the browser's screenshots are 8-bit RGB or RGBA, not interlaced)."""
    at, packed = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        if kind == b"IHDR":
            width, channels = int.from_bytes(png[at + 8:at + 12], "big"), {2: 3, 6: 4}[png[at + 17]]
        elif kind == b"IDAT":
            packed += png[at + 8:at + 8 + size]
        at += 12 + size
    raw, stride = zlib.decompress(packed), width * channels
    rows, before = [], bytearray(stride)
    for at in range(0, len(raw), stride + 1):
        kind, row = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        for i in range(stride if kind else 0):
            left = row[i - channels] if i >= channels else 0
            corner = before[i - channels] if i >= channels else 0
            guess = left + before[i] - corner
            near = min((left, before[i], corner), key=lambda one: abs(guess - one))
            row[i] = (row[i] + (0, left, before[i], (left + before[i]) // 2, near)[kind]) & 255
        rows.append([bytes(row[i:i + 3]) for i in range(0, stride, channels)])
        before = row
    return rows


FACTS = """
const map = document.querySelector('svg.cells'), box = document.querySelector('.map');
const page = {width: document.documentElement.scrollWidth, view: innerWidth,
              height: document.documentElement.scrollHeight, cells: 0, titles: 0,
              ground: getComputedStyle(document.body).backgroundColor};
if (!map) return page;
const r = map.getBoundingClientRect();
return {...page, cells: map.querySelectorAll(':scope > rect').length, titles: map.querySelectorAll('rect > title').length,
        boxWidth: box.scrollWidth, boxRoom: box.clientWidth,
        map: [Math.max(r.x, box.getBoundingClientRect().x) + scrollX, r.y + scrollY,
              Math.min(r.width, box.clientWidth), r.height]};
"""
# Text against what lies behind it: in the map the cell before it, else the nearest ground.
TEXTS = """
const shade = c => { const m = c.match(/[\\d.]+/g).map(Number);
  const l = m.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return [.2126 * l[0] + .7152 * l[1] + .0722 * l[2], m.length < 4 ? 1 : m[3]]; };
const worst = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
for (let n; (n = walk.nextNode());) {
  const e = n.parentElement;
  if (!n.data.trim() || seen.has(e) || e.tagName === 'title') continue;
  seen.add(e);
  const s = getComputedStyle(e), t = e.closest('svg text');
  if (s.display === 'none') continue;
  let ground;
  if (t && t.closest('.cells') && !t.classList.contains('tx'))
    ground = getComputedStyle(t.previousElementSibling).fill;
  for (let a = e; !ground && a; a = a.parentElement) {
    const c = getComputedStyle(a).backgroundColor;
    if (shade(c)[1] > 0) ground = c;
  }
  const [f, g] = [shade(t ? s.fill : s.color)[0], shade(ground)[0]];
  const ratio = (Math.max(f, g) + .05) / (Math.min(f, g) + .05);
  if (ratio < arguments[0]) worst.push([ratio.toFixed(2), n.data.trim().slice(0, 30), s.color, ground, e.outerHTML.slice(0, 80)]);
}
return worst.slice(0, 5);
"""


def shoot(browser, size, scheme, path, height):
    width = size[0]
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    png = base64.b64decode(browser.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])
    if path:
        with open(os.path.join(path, f"{scheme}-{width}.png"), "wb") as out:
            out.write(png)
    browser.cdp("Emulation.setDeviceMetricsOverride", width=width, height=size[1], deviceScaleFactor=1, mobile=False)
    return png


def shot_of(browser, x, y, width, height):
    clip = {"x": x, "y": y, "width": max(width, 1), "height": max(height, 1), "scale": 1}
    return base64.b64decode(browser.cdp("Page.captureScreenshot", format="png", clip=clip,
                                        captureBeyondViewport=True)["data"])


def light(color):
    return sum(int(one) for one in re.findall(r"\d+", color)[:3]) / 3


def show(browser, url, size, scheme, media=""):
    browser.cdp("Emulation.setEmulatedMedia", media=media,
                features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.cdp("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)
    browser.call("POST", "/url", {"url": url})
    return browser.run(FACTS)


def check_screen(browser, url, size, scheme, n, path):
    where = f"{size[0]} px, {scheme}"
    facts = show(browser, url, size, scheme)
    check(facts["width"] <= facts["view"] <= size[0], f"{where}: the page is {facts['width']} px wide")
    check(facts["cells"] == cells_of(n) == facts["titles"], f"{where}: {facts['cells']} cells of {n} versions")
    bright = light(facts["ground"])
    check(bright > 200 if scheme == "light" else bright < 60, f"{where}: the ground is {facts['ground']}")
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    if size is PHONE:
        worst = browser.run(TEXTS, CONTRAST)
        check(not worst, f"{where}: text with too little contrast: {worst}")
    facts = browser.run(FACTS)
    check(facts["width"] <= facts["view"], f"{where}: with all open the page is {facts['width']} px wide")
    facts = show(browser, url, size, scheme)
    if "map" in facts:
        x, y, width, height = facts["map"]
        shot = decode(shot_of(browser, x, y, min(width, 400), min(height, 160)))
        colours = {pixel for row in shot for pixel in row}
        check(len(colours) >= 3, f"{where}: the map has {len(colours)} colours")
    if path:
        shoot(browser, size, scheme, path, min(facts["height"], 16000))


def check_zoom(browser, url):
    show(browser, url, PHONE, "light")
    width = "return document.querySelector('svg.cells').getBoundingClientRect().width"
    if not browser.run("return document.getElementById('zoom-3') !== null"):
        return
    widths = []
    for i in (1, 2, 3):
        browser.run(f"document.querySelector('label[for=zoom-{i}]').click()")
        widths.append(browser.run(width))
    check(widths == sorted(set(widths)), f"zoom does nothing: {widths}")
    check(widths[0] < PHONE[0], f"the overview is {widths[0]} px wide")
    outline = browser.run("const a = document.querySelector('nav a'); a.focus({focusVisible: true});"
                          "return getComputedStyle(a).outlineStyle")
    check(outline != "none", "the focus is not seen")


def check_paper(browser, url, path):
    facts = show(browser, url, (PAPER_WIDTH, 1000), "dark", "print")
    check(light(facts["ground"]) > 250, f"paper is {facts['ground']}")
    check(facts.get("boxWidth", 0) <= PAPER_WIDTH, f"the map is cut off on paper: {facts.get('boxWidth')} px")
    worst = browser.run(TEXTS, CONTRAST)
    check(not worst, f"paper: text with too little contrast: {worst}")
    browser.cdp("Emulation.setEmulatedMedia", media="", features=[])
    pdf = base64.b64decode(browser.cdp("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"])
    check(pdf.startswith(b"%PDF"), "no PDF")
    if path:
        with open(os.path.join(path, "print.pdf"), "wb") as out:
            out.write(pdf)


def check_logs(browser, url):
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent" and message["params"]["documentURL"].startswith("file:"):
            asked = message["params"]["request"]["url"].split("#")[0]
            check(asked == url or asked.startswith("data:"), f"asked for {asked}")
    for entry in browser.log("browser"):
        check(False, f"the browser says: {entry['message']}")


def check_pages(browser, name, n, path):
    url = "file://" + urllib.request.pathname2url(os.path.realpath(name))
    if path:
        os.makedirs(path, exist_ok=True)
    for size in (PHONE, DESKTOP):
        for scheme in ("light", "dark"):
            check_screen(browser, url, size, scheme, n, path)
    check_zoom(browser, url)
    check_paper(browser, url, path)
    check_logs(browser, url)


def each_report(reports, look):
    for name, n in reports:
        before = len(failures)
        look(name, int(n))
        stem = os.path.splitext(os.path.basename(name))[0]
        failures[before:] = [f"{stem}: {words}" for words in failures[before:]]


def read_report(name, n):
    with open(name, "rb") as file:
        check_text(file.read().decode("utf-8"), n)


def open_reports(reports, shots):
    """False: there is no browser."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        try:
            browser = Browser(profile)
        except OSError as error:
            print(f"Chromium cannot be started: {error}")
            return False
        try:
            each_report(reports, lambda name, n: check_pages(
                browser, name, n, shots and os.path.join(shots, os.path.splitext(os.path.basename(name))[0])))
        finally:
            browser.close()
    return True


def main():
    args = sys.argv[1:]
    shots, text_only, opened = None, args[:1] == ["--text"], True
    if args[:1] == ["--shots"]:
        shots, args = args[1], args[2:]
    args = args[1:] if text_only else args
    reports = list(zip(args[::2], args[1::2]))
    each_report(reports, read_report)
    if not text_only:
        opened = open_reports(reports, shots)
    for words in failures:
        print("FAIL:", words)
    return 1 if failures else 0 if opened else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
