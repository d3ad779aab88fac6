// SPDX-License-Identifier: Apache-2.0
/*
 * HTML and SVG as text. Only html_put and html_format take markup; whatever comes from a file or an
 * argument goes through html_text.
 */
#ifndef CLI_HTML_H
#define CLI_HTML_H

#include <ota/buf.h>

#include "cli.h"

/* A document that is being written. The first failure is kept; what follows it does nothing. */
struct html {
	struct ota_buf *out; /* borrowed */
	enum ota_err err;
	struct ota_diag diag;
};

/* Our own markup, as it is. */
void html_put(struct html *html, const char *markup);

/* The same with numbers, at most 1,023 bytes. No text that is not ours may be among `format`'s. */
void html_format(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Text, escaped for an element and for an attribute between double quotes. What would forge or
 * reorder the page is shown as U+FFFD: control characters, direction marks, invisible characters
 * and bytes that are no UTF-8.
 */
void html_text(struct html *html, const char *text);

/* The same of a text and at most `max` of its characters, the last then an ellipsis. */
void html_text_cut(struct html *html, const char *text, size_t max);

/* True when html_text_cut would show less than all. */
bool html_text_is_longer(const char *text, size_t max);

/* "12,345" */
void html_count(struct html *html, uint64_t value);
/* "12,345 bytes" */
void html_bytes(struct html *html, uint64_t bytes);
/* `part` of `whole` on a scale of 0 to `scale`, rounded; what exceeds the whole is all of it. */
uint64_t html_scale(uint64_t part, uint64_t whole, uint64_t scale);

/* A box that scrolls sideways by itself, so that the page does not; reached by keyboard. */
void html_wide_begin(struct html *html, const char *label);
void html_wide_end(struct html *html);

/* <svg> of a size in its own units; `label` is read to who cannot see it, and escaped. */
void html_svg_begin(struct html *html, const char *class_name, const char *label, uint64_t width,
		    uint64_t height);

/* A bar of `part` on a scale to `whole`, and behind it a paler one of `behind`. */
void html_bar(struct html *html, uint64_t part, uint64_t behind, uint64_t whole);

#endif
