// SPDX-License-Identifier: Apache-2.0
/*
 * The map: a row for each old version, a column for each new one. Three pictures side by side, so
 * that the names stay in sight when the cells are scrolled; sizes are in units of the pictures,
 * which are pixels when it is not zoomed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "matrix_html_part.h"

#define SHOWN_MAX        100U /* versions; of more the newest are shown */
#define ROOMY_MAX        14U  /* versions with numbers in the cells from the start */
#define MEDIUM_MAX       30U  /* versions whose map is no higher than a screen */
#define LABEL_CHARS      14U
#define LABEL_CHARS_MIN  5U
#define LABEL_GAP        8U /* around a name */
#define TWO_LINES        38U
#define ACROSS_CHARS     7U  /* names as long as this stand across the columns */
#define TITLE_CHARS      90U /* of a reason */
#define TITLE_NAME_CHARS 24U
#define OVERVIEW_SIZE    300U
#define PAPER_SIZE       640U /* CSS pixels between the margins of A4 and Letter */
#define ROOM_FOR_TEXT    40U  /* in larger cells a mark stands above the text */
#define MARK_SIZE        11U
#define LINE_HEIGHT      15U
#define MARK_MARGIN      3U
#define KEY_SIZE         17U /* of the legend */
#define MILLE            1000U

/* A cell is of the first class whose limit its share of the new image is not above. */
static const unsigned limit_mille[] = {10, 20, 40, 70, 120, 200, 350, 600, MILLE};
#define CLASSES (sizeof(limit_mille) / sizeof(limit_mille[0]))

/* Sizes by the number of versions: of a cell, of names, and of what stands in a cell. */
struct scale {
	size_t most; /* versions */
	unsigned cell;
	unsigned font;
	unsigned cell_font;
};

static const struct scale scale_of[] = {
	{ROOMY_MAX, 56, 13, 13},
	{MEDIUM_MAX, 28, 12, 10},
	{SHOWN_MAX, 16, 10, 7},
};

struct map {
	const struct matrix_view *view;
	size_t first; /* version shown first */
	size_t n;     /* versions shown */
	unsigned cell;
	unsigned font;
	unsigned cell_font;
	unsigned label; /* room for names, from the left */
	bool across;    /* columns' names are not turned */
	unsigned top;   /* room for names, from above */
};

static const struct matrix_label *label_at(const struct map *map, size_t at)
{
	return &map->view->label[map->first + at];
}

/* Characters of the longest label, as it is shown. */
static unsigned longest_label(const struct map *map)
{
	unsigned longest = LABEL_CHARS_MIN;

	for (size_t i = 0; i < map->n; i++) {
		while (longest < LABEL_CHARS &&
		       html_text_is_longer(label_at(map, i)->text, longest))
			longest++;
	}
	return longest;
}

static struct map layout_of(const struct matrix_view *view)
{
	size_t n = view->matrix->plan.n_versions;
	struct map map = {.view = view, .n = n};
	const struct scale *scale = scale_of;
	unsigned longest;

	if (n > SHOWN_MAX) {
		map.first = n - SHOWN_MAX;
		map.n = SHOWN_MAX;
	}
	while (scale->most < map.n)
		scale++;
	map.cell = scale->cell;
	map.font = scale->font;
	map.cell_font = scale->cell_font;
	longest = longest_label(&map);
	/* Most letters are narrower than 5/8 of their height. */
	map.label = 2 * LABEL_GAP + longest * map.font * 5 / 8;
	map.across = map.n <= ROOMY_MAX && longest <= ACROSS_CHARS;
	map.top = map.across ? TWO_LINES : map.label;
	return map;
}

/* -- names ------------------------------------------------------------------------------------- */

static void put_label(struct html *html, const struct matrix_label *label)
{
	html_text_cut(html, label->text, LABEL_CHARS);
	html_put(html, "<title>");
	html_text(html, label->name);
	html_put(html, "</title></text>\n");
}

static void put_corner(struct html *html, const struct map *map)
{
	html_format(html, "<svg class=\"corner\" viewBox=\"0 0 %u %u\" aria-hidden=\"true\">",
		    map->label, map->top);
	html_format(
		html,
		"<g font-size=\"%u\" text-anchor=\"end\"><text x=\"%u\" y=\"%u\">new "
		"\xe2\x86\x92</text><text x=\"%u\" y=\"%u\">old \xe2\x86\x93</text></g></svg>\n",
		map->font, map->label - LABEL_GAP, map->top - LABEL_GAP - map->font * 5 / 4,
		map->label - LABEL_GAP, map->top - LABEL_GAP);
}

static void put_top(struct html *html, const struct map *map)
{
	unsigned width = map->cell * (unsigned)map->n;

	html_format(html,
		    "<svg class=\"top\" viewBox=\"0 0 %u %u\" font-size=\"%u\" "
		    "aria-hidden=\"true\">\n",
		    width, map->top, map->font);
	for (size_t i = 0; i < map->n; i++) {
		unsigned x = map->cell * (unsigned)i + map->cell / 2;

		if (map->across)
			html_format(html, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">", x,
				    map->top - LABEL_GAP);
		else
			html_format(html, "<text transform=\"translate(%u %u) rotate(-90)\">",
				    x + map->font / 3, map->top - LABEL_GAP / 2);
		put_label(html, label_at(map, i));
	}
	html_put(html, "</svg>\n");
}

static void put_side(struct html *html, const struct map *map)
{
	unsigned height = map->cell * (unsigned)map->n;

	html_format(html,
		    "<svg class=\"side\" viewBox=\"0 0 %u %u\" font-size=\"%u\" "
		    "aria-hidden=\"true\">\n",
		    map->label, height, map->font);
	for (size_t i = 0; i < map->n; i++) {
		html_format(html, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">",
			    map->label - LABEL_GAP,
			    map->cell * (unsigned)i + map->cell / 2 + map->font / 3);
		put_label(html, label_at(map, i));
	}
	html_put(html, "</svg>\n");
}

/* -- cells ------------------------------------------------------------------------------------- */

/* Into `name`, which is returned. */
static const char *cell_class(const struct matrix_cell *cell, bool same, char name[4])
{
	unsigned i = 0;

	switch (cell->kind) {
	case MATRIX_CELL_NOT_PLANNED:
		return same ? "ks" : "ku";
	case MATRIX_CELL_MISSING:
		return "km";
	case MATRIX_CELL_UNFIT:
		return "kx";
	case MATRIX_CELL_NO_GAIN:
		return "kl";
	case MATRIX_CELL_PATCH:
		break;
	}
	while (i + 1 < CLASSES && cell->permille > limit_mille[i])
		i++;
	(void)snprintf(name, 4, "c%u", i);
	return name;
}

static uint64_t whole_of(const struct map *map, size_t column)
{
	return map->view->matrix->plan.version[map->first + column].len;
}

static void put_result_words(struct html *html, const struct map *map, size_t column,
			     const struct matrix_cell *cell)
{
	const struct ota_matrix_result *result = &map->view->matrix->result[cell->job];

	if (cell->bytes == 0) {
		html_put(html, "no patch");
		return;
	}
	html_bytes(html, cell->bytes);
	html_put(html, ", ");
	matrix_html_percent(html, cell->bytes, whole_of(map, column));
	html_put(html, " of the image; ");
	html_text(html, result->how[0] ? result->how : result->format);
	if (result->judged && !result->on_device)
		html_put(html, "; a gateway applies it");
}

static void put_title(struct html *html, const struct map *map, size_t row, size_t column,
		      const struct matrix_cell *cell)
{
	html_put(html, "<title>");
	html_text_cut(html, label_at(map, row)->text, TITLE_NAME_CHARS);
	html_put(html, HTML_ARROW);
	html_text_cut(html, label_at(map, column)->text, TITLE_NAME_CHARS);
	html_put(html, ": ");
	switch (cell->kind) {
	case MATRIX_CELL_NOT_PLANNED:
		html_put(html, row == column ? "the same version" : "not planned");
		break;
	case MATRIX_CELL_MISSING:
		html_put(html, "planned, missing");
		break;
	case MATRIX_CELL_UNFIT:
		put_result_words(html, map, column, cell);
		html_put(html, "; does not fit: ");
		html_text_cut(html, cell->why, TITLE_CHARS);
		break;
	case MATRIX_CELL_NO_GAIN:
		put_result_words(html, map, column, cell);
		html_put(html, "; the full image is no larger");
		break;
	case MATRIX_CELL_PATCH:
		put_result_words(html, map, column, cell);
		html_put(html, map->view->matrix->plan.has_target ? "; fits" : "");
		break;
	}
	html_put(html, "</title>");
}

/* The share with its sign, and the size below. */
static void put_roomy_text(struct html *html, const struct map *map, size_t column,
			   const struct matrix_cell *cell)
{
	char size[MATRIX_TEXT_MAX];

	matrix_html_percent(html, cell->bytes, whole_of(map, column));
	html_format(html, "<tspan class=\"b\" x=\"%u\" dy=\"%u\">%s</tspan>",
		    map->cell * (unsigned)column + map->cell / 2, LINE_HEIGHT,
		    matrix_short_text(cell->bytes, size));
}

static void put_cell_text(struct html *html, const struct map *map, size_t row, size_t column,
			  const struct matrix_cell *cell)
{
	bool roomy = map->n <= ROOMY_MAX;
	unsigned x = map->cell * (unsigned)column + map->cell / 2;
	unsigned y = map->cell * (unsigned)row + map->cell / 2 + (roomy ? 0 : map->font / 4);
	char name[4] = "cx";

	if (cell->kind == MATRIX_CELL_PATCH)
		(void)cell_class(cell, false, name);
	html_format(html, "<text class=\"t%s\" x=\"%u\" y=\"%u\">", name + 1, x, y);
	if (roomy)
		put_roomy_text(html, map, column, cell);
	else
		html_format(html, "%u", (cell->permille + 5) / 10);
	html_put(html, "</text>");
}

/* Says without colour what is wrong: crossed out, as large as the image, not there. */
static void put_mark(struct html *html, enum matrix_cell_kind kind, unsigned x, unsigned y,
		     unsigned size)
{
	unsigned room = size > ROOM_FOR_TEXT ? MARK_SIZE : size - 1 - 2 * MARK_MARGIN;
	unsigned left = x + (size - 1 - room) / 2;

	switch (kind) {
	case MATRIX_CELL_NOT_PLANNED:
	case MATRIX_CELL_PATCH:
		break;
	case MATRIX_CELL_UNFIT:
		html_format(html, "<path class=\"mx\" d=\"M%u %ul%u %um0 -%ul-%u %u\"/>", left,
			    y + MARK_MARGIN, room, room, room, room, room);
		break;
	case MATRIX_CELL_NO_GAIN:
		html_format(html, "<path class=\"ml\" d=\"M%u %uh%um0 %uh-%u\"/>", left,
			    y + MARK_MARGIN + room / 3, room, room / 3, room);
		break;
	case MATRIX_CELL_MISSING:
		html_format(html, "<path class=\"mm\" d=\"M%u %uh%u\"/>", left + room / 4,
			    y + size / 2, room - room / 4 * 2);
		break;
	}
}

static void put_cell(struct html *html, const struct map *map, size_t row, size_t column)
{
	struct matrix_cell cell =
		matrix_view_cell(map->view, map->first + row, map->first + column);
	char name[4];

	html_format(html, "<rect class=\"%s\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\">",
		    cell_class(&cell, row == column, name), map->cell * (unsigned)column,
		    map->cell * (unsigned)row, map->cell - 1, map->cell - 1);
	put_title(html, map, row, column, &cell);
	html_put(html, "</rect>");
	put_mark(html, cell.kind, map->cell * (unsigned)column, map->cell * (unsigned)row,
		 map->cell);
	if (cell.bytes > 0)
		put_cell_text(html, map, row, column, &cell);
	html_put(html, "\n");
}

static void put_cells(struct html *html, const struct map *map)
{
	unsigned size = map->cell * (unsigned)map->n;
	char label[160];

	(void)snprintf(label, sizeof(label),
		       "Map of %zu by %zu pairs of versions, by the size of the patch. The same "
		       "figures stand in the table of all pairs.",
		       map->n, map->n);
	html_format(html, "<svg class=\"cells\" viewBox=\"0 0 %u %u\" font-size=\"%u\"", size, size,
		    map->cell_font);
	html_put(html, " role=\"img\" aria-label=\"");
	html_text(html, label);
	html_put(html, "\">\n");
	for (size_t row = 0; row < map->n; row++) {
		for (size_t column = 0; column < map->n; column++)
			put_cell(html, map, row, column);
	}
	html_put(html, "</svg>\n");
}

/* -- legend ------------------------------------------------------------------------------------ */

static void put_key(struct html *html, enum matrix_cell_kind kind, const char *class_name,
		    const char *words)
{
	html_format(html,
		    "<li><svg viewBox=\"0 0 %u %u\" aria-hidden=\"true\"><rect class=\"%s\" "
		    "width=\"%u\" height=\"%u\"/>",
		    KEY_SIZE - 1, KEY_SIZE - 1, class_name, KEY_SIZE - 1, KEY_SIZE - 1);
	put_mark(html, kind, 0, 0, KEY_SIZE);
	html_format(html, "</svg>%s</li>\n", words);
}

static void put_legend(struct html *html, const size_t counts[CELL_KINDS])
{
	char name[4];
	char words[64];

	html_put(html, "<ul class=\"legend\" aria-label=\"Colours of the map\">\n");
	for (unsigned i = 0; i < CLASSES; i++) {
		(void)snprintf(name, sizeof(name), "c%u", i);
		if (i == 0)
			(void)snprintf(words, sizeof(words), "up to %u %%", limit_mille[i] / 10);
		else if (i + 1 < CLASSES)
			(void)snprintf(words, sizeof(words), "%u" HTML_DASH "%u %%",
				       limit_mille[i - 1] / 10, limit_mille[i] / 10);
		else
			(void)snprintf(words, sizeof(words), "above %u %%",
				       limit_mille[i - 1] / 10);
		put_key(html, MATRIX_CELL_PATCH, name, words);
	}
	if (counts[MATRIX_CELL_NO_GAIN])
		put_key(html, MATRIX_CELL_NO_GAIN, "kl", "full image is no larger");
	if (counts[MATRIX_CELL_UNFIT])
		put_key(html, MATRIX_CELL_UNFIT, "kx", "does not fit");
	if (counts[MATRIX_CELL_MISSING])
		put_key(html, MATRIX_CELL_MISSING, "km", "missing");
	put_key(html, MATRIX_CELL_NOT_PLANNED, "ku", "not planned");
	put_key(html, MATRIX_CELL_NOT_PLANNED, "ks", "same version");
	html_put(html, "</ul>\n");
}

/* -- the whole --------------------------------------------------------------------------------- */

/* Thousandths; never above 1. */
static unsigned factor_for(unsigned room, unsigned width)
{
	return width <= room ? MILLE : room * MILLE / width;
}

static void put_zoom(struct html *html, const struct map *map)
{
	unsigned body = map->cell * (unsigned)map->n;
	unsigned width = body + map->label;
	unsigned print = factor_for(PAPER_SIZE, width);

	html_put(html, "<div class=\"zoom\">\n");
	if (width > OVERVIEW_SIZE)
		html_put(html, "<input type=\"radio\" name=\"zoom\" id=\"zoom-1\">"
			       "<label for=\"zoom-1\">Overview</label>\n"
			       "<input type=\"radio\" name=\"zoom\" id=\"zoom-2\" checked>"
			       "<label for=\"zoom-2\">Normal</label>\n"
			       "<input type=\"radio\" name=\"zoom\" id=\"zoom-3\">"
			       "<label for=\"zoom-3\">Large</label>\n");
	html_format(html,
		    "<div class=\"map%s%s\" tabindex=\"0\" role=\"region\" aria-label=\"Map of all "
		    "pairs\" style=\"--side:%u;--body:%u;--small:.%03u;--large:%s;--print:%u.%03u"
		    "\">\n",
		    map->n > MEDIUM_MAX ? " tall" : "", map->n > ROOMY_MAX ? " fine" : "",
		    map->label, body, factor_for(OVERVIEW_SIZE, width) % MILLE,
		    map->n > ROOMY_MAX ? "2.2" : "1.5", print / MILLE, print % MILLE);
	put_corner(html, map);
	put_top(html, map);
	put_side(html, map);
	put_cells(html, map);
	html_put(html, "</div>\n</div>\n");
}

void matrix_html_map(struct html *html, const struct matrix_view *view)
{
	struct map map = layout_of(view);
	size_t counts[CELL_KINDS];

	matrix_html_count_cells(view, counts);
	matrix_html_begin(html, "map", "Every pair of versions");
	html_put(html, "<p>Rows are the version that a device has, columns the one that it gets. "
		       "Colours and numbers are the size of the patch in percent of the new "
		       "image.");
	if (map.n > ROOMY_MAX)
		html_put(html, " Numbers show in the large map.");
	if (view->n_gateway > 0)
		html_put(html, " Where a gateway applies the patch, the device receives the new "
			       "image whole.");
	html_put(html, "</p>\n");
	if (map.first > 0) {
		html_put(html, "<p class=\"note\">The map shows the newest ");
		html_count(html, map.n);
		html_put(html, " versions; ");
		html_count(html, map.first);
		html_put(html, " older ones are left out of it.</p>\n");
	}
	put_legend(html, counts);
	put_zoom(html, &map);
	matrix_html_end(html);
}
