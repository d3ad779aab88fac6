// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "html.h"
#include "utf8.h"

#define FORMAT_MAX  1024
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6" /* U+2026 */
#define BAR_WIDTH   1000U
#define BAR_HEIGHT  14U

static void put_bytes(struct html *html, const char *text, size_t len)
{
	if (html->err == OTA_OK)
		html->err = ota_buf_append(html->out, ota_span_of(text, len), &html->diag);
}

void html_put(struct html *html, const char *markup)
{
	put_bytes(html, markup, strlen(markup));
}

void html_format(struct html *html, const char *format, ...)
{
	char text[FORMAT_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len > 0)
		put_bytes(html, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

/* -- text -------------------------------------------------------------------------------------- */

/* What a character is written as; NULL: as itself. */
static const char *escape_of(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Escapes the character at `text`; its bytes. */
static size_t put_character(struct html *html, const char *text)
{
	uint32_t code = 0;
	size_t len = cli_utf8_read(text, &code);
	const char *escaped = len > 0 ? escape_of(code) : NULL;

	if (len == 0 || !cli_utf8_is_shown(code))
		html_put(html, REPLACEMENT);
	else if (escaped)
		html_put(html, escaped);
	else
		put_bytes(html, text, len);
	return len > 0 ? len : 1;
}

void html_text(struct html *html, const char *text)
{
	while (*text)
		text += put_character(html, text);
}

bool html_text_is_longer(const char *text, size_t max)
{
	uint32_t code = 0;

	for (size_t n = 0; n < max && *text; n++) {
		size_t len = cli_utf8_read(text, &code);

		text += len > 0 ? len : 1;
	}
	return *text != '\0';
}

void html_text_cut(struct html *html, const char *text, size_t max)
{
	bool longer = html_text_is_longer(text, max);

	for (size_t n = longer ? 1 : 0; n < max && *text; n++)
		text += put_character(html, text);
	if (longer)
		html_put(html, ELLIPSIS);
}

/* -- numbers ----------------------------------------------------------------------------------- */

void html_count(struct html *html, uint64_t value)
{
	char text[32];

	html_put(html, ota_number_grouped(value, text));
}

void html_bytes(struct html *html, uint64_t bytes)
{
	html_count(html, bytes);
	html_put(html, bytes == 1 ? " byte" : " bytes");
}

uint64_t html_scale(uint64_t part, uint64_t whole, uint64_t scale)
{
	if (whole == 0)
		return 0;
	if (part >= whole)
		return scale;
	return (uint64_t)((double)part / (double)whole * (double)scale + 0.5);
}

/* -- boxes and pictures ------------------------------------------------------------------------ */

void html_wide_begin(struct html *html, const char *label)
{
	html_put(html, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(html, label);
	html_put(html, "\">\n");
}

void html_wide_end(struct html *html)
{
	html_put(html, "</div>\n");
}

void html_svg_begin(struct html *html, const char *class_name, const char *label, uint64_t width,
		    uint64_t height)
{
	html_format(html, "<svg class=\"%s\" viewBox=\"0 0 %" PRIu64 " %" PRIu64 "\" role=\"img\"",
		    class_name, width, height);
	html_put(html, " aria-label=\"");
	html_text(html, label);
	html_put(html, "\">\n");
}

void html_bar(struct html *html, uint64_t part, uint64_t behind, uint64_t whole)
{
	html_format(html,
		    "<svg class=\"bar\" viewBox=\"0 0 %u %u\" preserveAspectRatio=\"none\" "
		    "aria-hidden=\"true\">",
		    BAR_WIDTH, BAR_HEIGHT);
	if (behind > 0)
		html_format(html, "<rect class=\"full\" width=\"%" PRIu64 "\" height=\"%u\"/>",
			    html_scale(behind, whole, BAR_WIDTH), BAR_HEIGHT);
	if (part > 0) {
		uint64_t width = html_scale(part, whole, BAR_WIDTH);

		/* A patch of a few bytes is still there to be seen. */
		html_format(html, "<rect class=\"part\" width=\"%" PRIu64 "\" height=\"%u\"/>",
			    width > 0 ? width : 1, BAR_HEIGHT);
	}
	html_put(html, "</svg>");
}
