// SPDX-License-Identifier: Apache-2.0
/* The versions of a plan: their files read, numbers found, order made. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/file.h>
#include <ota/firmware.h>
#include <ota/matrix_plan.h>

#include "json_tools.h"
#include "matrix_words.h"

#define MILLION  1000000U
#define WHOLE    ((uint64_t)100 * MILLION) /* 100 %, in millionths of a percent */
#define DECIMALS 6U

/* A file as the plan names it, and as whoever asks for the plan did. */
struct named {
	const char *file; /* the very pointer that the version has, wherever it is sorted to */
	const char *path;
};

/* One look through the names. */
struct look {
	struct ota_matrix_plan *plan;
	const struct ota_matrix_reading *reading;
	const struct ota_matrix_tell *tell;
	struct named *named; /* owned: one for each version */
	size_t n_bad;        /* culprits that were told of */
	size_t n_unknown;    /* of these, versions without a number */
	size_t n_tied;       /* and versions whose number another has */
	size_t n_no_image;   /* and files without an image, where one must be */
	size_t n_corrupt;    /* and damaged images */
	size_t n_padded;     /* images with something behind them, of bare patches */
	enum ota_err err;    /* the worst of theirs */
	struct ota_diag *diag;
};

static void say(struct look *look, bool is_error, const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void say(struct look *look, bool is_error, const char *subject, const char *format, ...)
{
	char words[sizeof(look->diag->text)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	if (look->tell && look->tell->say)
		look->tell->say(look->tell->context, is_error, subject, words);
}

/* A culprit: the others are looked at all the same. */
static void blame(struct look *look, enum ota_err err, const char *subject, const char *words)
{
	say(look, true, subject, "%s", words);
	if (look->err == OTA_OK || err == OTA_E_IO)
		look->err = err;
	look->n_bad++;
}

/* -- one file ---------------------------------------------------------------------------------- */

enum ota_err ota_matrix_read_image(const struct ota_matrix_plan *plan, const char *path,
				   struct ota_buf *file, struct ota_span *bytes,
				   struct ota_diag *diag)
{
	struct ota_firmware firmware = {.has_base = false};
	enum ota_err err;

	*file = ota_buf_init(OTA_DELTA_MAX);
	*bytes = ota_span_of(NULL, 0);
	/* A pipe would wait, and could be read but once. */
	if (ota_file_kind_of(path) == OTA_FILE_OTHER)
		return ota_fail(diag, OTA_E_IO, "is no regular file");
	err = ota_file_read(path, file, diag);
	if (err == OTA_OK && plan->n_keys > 0 && ota_firmware_is_hex_name(path)) {
		err = ota_firmware_read(ota_buf_span(file), OTA_FIRMWARE_HEX, OTA_DELTA_MAX,
					&firmware, diag);
		ota_buf_free(file);
		*file = firmware.bytes;
	}
	if (err != OTA_OK)
		return err;
	if (plan->n_keys > 0)
		return ota_delta_update_image(ota_buf_span(file), bytes, diag);
	*bytes = ota_buf_span(file);
	return OTA_OK;
}

char *ota_matrix_image_path(const char *plan_folder, const struct ota_matrix_version *version)
{
	return ota_file_join(plan_folder, version->file);
}

/* What of a bare file with an image's magic tells that it is damaged. OTA_E_REFUSED: an update. */
static enum ota_err check_bare_image(struct ota_span file, struct ota_diag *diag)
{
	struct ota_image image;
	enum ota_err err = ota_image_open(file, &image, diag);

	if (err != OTA_OK)
		return err;
	if (ota_image_is_delta_update(&image))
		return ota_fail(diag, OTA_E_REFUSED, "is a delta update, not an image to boot");
	/* The digest is of the plaintext. */
	if (ota_image_is_encrypted(&image))
		return OTA_OK;
	err = ota_image_check_digests(&image, image.hashed, diag);
	if (err != OTA_E_ABSENT)
		return err;
	if (diag)
		*diag = (struct ota_diag){.err = OTA_OK};
	return OTA_OK;
}

/* Is it damage, which --skip-corrupt is about? Of what never was an image nothing was damaged. */
static bool is_corrupt(struct ota_span file, enum ota_err err)
{
	return (file.len == 0 || ota_image_probe(file)) &&
	       (err == OTA_E_TRUNCATED || err == OTA_E_MALFORMED || err == OTA_E_DIGEST);
}

static void warn_bare(struct look *look, const char *path, struct ota_span file)
{
	struct ota_image image;

	switch (ota_firmware_kind_of(path, file)) {
	case OTA_FIRMWARE_BIN:
		break;
	case OTA_FIRMWARE_HEX:
		say(look, false, path,
		    "is Intel HEX, and the patches are of its text; with --key the image in it "
		    "counts");
		break;
	case OTA_FIRMWARE_ELF:
		say(look, false, path,
		    "is ELF, and the patches are of the whole file; for a device make them of "
		    "binaries, as objcopy -O binary or sign writes them");
		break;
	}
	if (ota_image_probe(file) && ota_image_open(file, &image, NULL) == OTA_OK)
		look->n_padded += image.rest.len > 0;
}

/* Padding costs little in a patch, but it must then be in the old slot just so. */
static void warn_padded(struct look *look)
{
	if (look->n_padded > 0)
		say(look, false, "padding",
		    "bytes follow the image in %zu of %zu versions, and bare patches cover them "
		    "too; with --key the image alone counts",
		    look->n_padded, look->plan->n_versions);
}

/* The number by the header, the list or the file's name. False: told why not. */
static bool find_number(struct look *look, const struct ota_matrix_name *name,
			struct ota_span bytes, struct ota_matrix_version *version)
{
	char is[OTA_MATRIX_VERSION_TEXT_MAX];
	char said[OTA_MATRIX_VERSION_TEXT_MAX];
	char words[160];
	struct ota_image image;

	if (version->is_image && ota_image_open(bytes, &image, NULL) == OTA_OK) {
		version->has_version = true;
		version->version = image.header.version;
		if (!name->has_version ||
		    ota_matrix_version_compare(&name->version, &version->version) == 0)
			return true;
		(void)snprintf(words, sizeof(words),
			       "is version %s by its header, the list says %s",
			       ota_matrix_version_text(&version->version, is),
			       ota_matrix_version_text(&name->version, said));
		blame(look, OTA_E_MALFORMED, name->path, words);
		return false;
	}
	version->has_version = name->has_version;
	version->version = name->version;
	if (!version->has_version)
		version->has_version = ota_matrix_version_in_name(name->path, &version->version);
	if (version->has_version || look->plan->given_order)
		return true;
	blame(look, OTA_E_MALFORMED, name->path,
	      "its version is not known: it is no MCUboot image, and its name does not hold "
	      "exactly one x.y.z or x.y.z+build (1.2.3-rc1 is none)");
	look->n_unknown++;
	return false;
}

/* For messages: the plan's own path may start at another folder. */
static const char *path_of(const struct look *look, const struct ota_matrix_version *version)
{
	for (size_t i = 0; i < look->plan->n_versions; i++) {
		if (look->named[i].file == version->file)
			return look->named[i].path;
	}
	return version->file;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

#define C1_LEAD 0xc2U /* first byte of U+0080 to U+00BF */
#define C1_END  0xa0U /* second byte of the first of them that is no control character */

/* A plan is JSON: text of one line, without what a terminal obeys. */
static bool is_line(const char *text)
{
	json_t *string = json_string(text);

	json_decref(string);
	for (const char *c = text; *c; c++) {
		if ((uint8_t)*c < ' ' || *c == 0x7f ||
		    ((uint8_t)c[0] == C1_LEAD && (uint8_t)c[1] < C1_END))
			return false;
	}
	return string != NULL;
}

static enum ota_err find_words(struct look *look, const struct ota_matrix_name *name,
			       struct ota_matrix_version *version)
{
	const char *word = last_part(name->path);
	char text[OTA_MATRIX_VERSION_TEXT_MAX];
	enum ota_err err = OTA_OK;

	if (name->name[0])
		word = name->name;
	else if (!look->plan->given_order)
		word = ota_matrix_version_text(&version->version, text);
	if (strlen(word) >= sizeof(version->name) || !is_line(word))
		blame(look, OTA_E_MALFORMED, name->path,
		      "cannot be a version's name: that is one line of UTF-8, at most 63 bytes; a "
		      "release list gives another");
	(void)snprintf(version->name, sizeof(version->name), "%s", word);
	if (!is_line(name->path))
		blame(look, OTA_E_MALFORMED, name->path,
		      "has a path that is not one line of UTF-8, which a plan cannot hold");
	if (name->relative)
		return ota_file_way(look->reading->plan_folder, name->path, &version->file,
				    look->diag);
	version->file = strdup(name->path);
	if (!version->file)
		err = ota_fail(look->diag, OTA_E_MEMORY, "out of memory");
	return err;
}

static enum ota_err find_facts(struct look *look, const struct ota_matrix_name *name,
			       struct ota_span bytes, struct ota_matrix_version *version)
{
	struct ota_digest digest;
	enum ota_err err = ota_digest_of(OTA_HASH_SHA256, bytes, &digest, look->diag);

	if (err != OTA_OK)
		return err;
	memcpy(version->sha256, digest.data, sizeof(version->sha256));
	version->len = bytes.len;
	version->fleet = name->has_fleet ? name->fleet : 0;
	look->plan->has_fleet |= name->has_fleet;
	return find_words(look, name, version);
}

/* Takes a file that is damaged out, or blames it. */
static void judge_failure(struct look *look, const struct ota_matrix_name *name,
			  struct ota_span file, const struct ota_diag *why)
{
	bool corrupt = is_corrupt(file, why->err);

	look->n_no_image +=
		!corrupt && look->plan->n_keys > 0 && file.len > 0 && !ota_image_probe(file);
	if (!corrupt)
		blame(look, why->err == OTA_E_IO ? OTA_E_IO : OTA_E_MALFORMED, name->path,
		      why->text);
	else if (look->reading->skip_corrupt)
		say(look, false, name->path, "is corrupt and left out: %s", why->text);
	else
		blame(look, OTA_E_MALFORMED, name->path, why->text);
	look->n_corrupt += corrupt;
}

/* Reads one file; what is wrong with it is told, and only the machine's own troubles end it all. */
static enum ota_err read_one(struct look *look, const struct ota_matrix_name *name)
{
	struct ota_matrix_plan *plan = look->plan;
	struct ota_matrix_version *version = &plan->version[plan->n_versions];
	struct ota_diag why = {.err = OTA_OK};
	struct ota_buf file;
	struct ota_span bytes;
	enum ota_err err = ota_matrix_read_image(plan, name->path, &file, &bytes, &why);

	if (err == OTA_OK && bytes.len == 0)
		err = ota_fail(&why, OTA_E_TRUNCATED, "is empty");
	if (err == OTA_OK && plan->n_keys == 0 && ota_image_probe(bytes))
		err = check_bare_image(bytes, &why);
	if (err == OTA_E_MEMORY) {
		err = ota_fail(look->diag, err, "%s", why.text);
	} else if (err != OTA_OK) {
		judge_failure(look, name, ota_buf_span(&file), &why);
		err = OTA_OK;
	} else {
		if (plan->n_keys == 0)
			warn_bare(look, name->path, bytes);
		version->is_image = ota_image_probe(bytes);
		if (find_number(look, name, bytes, version)) {
			err = find_facts(look, name, bytes, version);
			look->named[plan->n_versions++] =
				(struct named){.file = version->file, .path = name->path};
		}
	}
	ota_buf_free(&file);
	return err;
}

/* -- shares of the fleet ----------------------------------------------------------------------- */

/* As few digits as all shares need: devices stay what they are. */
static void shorten(struct ota_matrix_plan *plan)
{
	for (unsigned digit = 0; digit < DECIMALS; digit++) {
		for (size_t i = 0; i < plan->n_versions; i++) {
			if (plan->version[i].fleet % 10 != 0)
				return;
		}
		for (size_t i = 0; i < plan->n_versions; i++)
			plan->version[i].fleet /= 10;
	}
}

/* True when shares are given in percent. Of a mixture the rarer kind is the mistake. */
static bool check_units(struct look *look, const struct ota_matrix_names *names)
{
	const struct ota_matrix_name *in_percent = NULL;
	const struct ota_matrix_name *in_units = NULL;
	size_t n_percent = 0;
	size_t n_units = 0;

	for (size_t i = 0; i < names->n; i++) {
		if (names->name[i].has_fleet && names->name[i].percent) {
			in_percent = &names->name[i];
			n_percent++;
		} else if (names->name[i].has_fleet) {
			in_units = &names->name[i];
			n_units++;
		}
	}
	if (in_percent && in_units && n_percent < n_units)
		blame(look, OTA_E_MALFORMED, in_percent->path,
		      "its share of the fleet is a percentage, others are none: all of them, or "
		      "none");
	else if (in_percent && in_units)
		blame(look, OTA_E_MALFORMED, in_units->path,
		      "its share of the fleet is no percentage, others are: all of them, or none");
	return in_percent != NULL;
}

static void share_out(struct look *look, const struct ota_matrix_names *names)
{
	struct ota_matrix_plan *plan = look->plan;
	bool in_percent = check_units(look, names);
	uint64_t sum = 0;

	for (size_t i = 0; i < plan->n_versions; i++) {
		if (plan->version[i].fleet > INT64_MAX - sum) {
			blame(look, OTA_E_MALFORMED, "fleet", "the shares are too large to add up");
			return;
		}
		sum += plan->version[i].fleet;
	}
	if (plan->has_fleet && sum == 0)
		blame(look, OTA_E_MALFORMED, "fleet", "no version has a share of it");
	else if (in_percent && sum != WHOLE)
		say(look, false, "fleet",
		    "the shares add up to %" PRIu64 ".%02" PRIu64 " %%, and are taken as ratios",
		    sum / MILLION, sum % MILLION / (MILLION / 100));
	if (plan->has_fleet)
		shorten(plan);
	for (size_t i = 0; i < plan->n_versions && !plan->has_fleet; i++)
		plan->version[i].fleet = 1;
}

/* -- order ------------------------------------------------------------------------------------- */

static int compare_versions(const void *a, const void *b)
{
	const struct ota_matrix_version *one = a;
	const struct ota_matrix_version *other = b;
	int order = ota_matrix_version_compare(&one->version, &other->version);

	/* Of equal ones, which are refused, the words do not depend on the library's sort. */
	return order != 0 ? order : strcmp(one->file, other->file);
}

static bool same_bytes(const struct ota_matrix_version *a, const struct ota_matrix_version *b)
{
	return a->len == b->len && memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

static void check_order(struct look *look)
{
	const struct ota_matrix_plan *plan = look->plan;
	char text[OTA_MATRIX_VERSION_TEXT_MAX];
	char words[sizeof(look->diag->text)];

	for (size_t i = 1; i < plan->n_versions && !plan->given_order; i++) {
		const struct ota_matrix_version *one = &plan->version[i];

		if (ota_matrix_version_compare(&one[-1].version, &one->version) != 0)
			continue;
		(void)snprintf(words, sizeof(words),
			       same_bytes(one - 1, one) ? "is version %s, and the same file as "
							  "%s: leave one out"
							: "is version %s, as %s is",
			       ota_matrix_version_text(&one->version, text),
			       path_of(look, one - 1));
		look->n_tied++;
		blame(look, OTA_E_MALFORMED, path_of(look, one), words);
	}
}

static void check_names(struct look *look)
{
	const struct ota_matrix_plan *plan = look->plan;
	char words[sizeof(look->diag->text)];

	for (size_t i = 1; i < plan->n_versions; i++) {
		const struct ota_matrix_version *one = &plan->version[i];
		size_t j = 0;

		while (j < i && strcmp(plan->version[j].name, one->name) != 0)
			j++;
		if (j == i)
			continue;
		(void)snprintf(words, sizeof(words),
			       "is called %s, as %s is; names in a release list tell them apart",
			       one->name, path_of(look, &plan->version[j]));
		blame(look, OTA_E_MALFORMED, path_of(look, one), words);
	}
}

/* An image whose first bytes are damaged looks like any other file. */
static void warn_no_image(struct look *look)
{
	const struct ota_matrix_plan *plan = look->plan;
	size_t n_images = 0;

	for (size_t i = 0; i < plan->n_versions; i++)
		n_images += plan->version[i].is_image;
	for (size_t i = 0; i < plan->n_versions && n_images > plan->n_versions / 2; i++) {
		if (!plan->version[i].is_image)
			say(look, false, path_of(look, &plan->version[i]),
			    "is no MCUboot image, as %zu of %zu versions are: is it damaged?",
			    n_images, plan->n_versions);
	}
}

static void warn_equal(struct look *look)
{
	const struct ota_matrix_plan *plan = look->plan;

	for (size_t i = 1; i < plan->n_versions; i++) {
		const struct ota_matrix_version *one = &plan->version[i];
		size_t j = 0;

		while (j < i && !same_bytes(&plan->version[j], one))
			j++;
		if (j < i)
			say(look, false, path_of(look, one), "%s has the very bytes of %s",
			    one->name, plan->version[j].name);
	}
}

/* -- the whole --------------------------------------------------------------------------------- */

static enum ota_err fail_all(struct look *look, size_t n_files)
{
	(void)ota_fail(look->diag, look->err, "found %zu error%s in %zu file%s", look->n_bad,
		       look->n_bad == 1 ? "" : "s", n_files, n_files == 1 ? "" : "s");
	if (look->n_corrupt == look->n_bad)
		ota_hint(look->diag, "--skip-corrupt plans without them");
	if (look->n_no_image > 0)
		ota_hint(look->diag, "with --key versions are MCUboot images, as sign "
				     "makes them");
	if (look->n_unknown > 0 || look->n_tied > 0)
		ota_hint(look->diag,
			 "give each a `version` in a release list (an image has its own), "
			 "leave files out, or say --order given where the order is right");
	return look->err;
}

static enum ota_err read_all(struct look *look, const struct ota_matrix_names *names)
{
	struct ota_matrix_plan *plan = look->plan;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < names->n && err == OTA_OK; i++)
		err = read_one(look, &names->name[i]);
	if (err != OTA_OK)
		return err;
	share_out(look, names);
	if (!plan->given_order && plan->n_versions > 1)
		qsort(plan->version, plan->n_versions, sizeof(*plan->version), compare_versions);
	check_order(look);
	if (look->n_bad == 0)
		check_names(look);
	if (look->n_bad > 0)
		return fail_all(look, names->n);
	warn_padded(look);
	warn_no_image(look);
	warn_equal(look);
	if (plan->n_versions == 0)
		return ota_fail(look->diag, OTA_E_ABSENT, "no version is left to plan");
	return OTA_OK;
}

enum ota_err ota_matrix_plan_versions(struct ota_matrix_plan *plan,
				      const struct ota_matrix_names *names,
				      const struct ota_matrix_reading *reading,
				      const struct ota_matrix_tell *tell, struct ota_diag *diag)
{
	struct look look = {.plan = plan, .reading = reading, .tell = tell, .diag = diag};
	enum ota_err err;

	if (names->n == 0)
		return ota_fail(diag, OTA_E_ABSENT, "there is no version to plan");
	if (names->has_folder && plan->given_order)
		return ota_fail(diag, OTA_E_USAGE,
				"a folder's files have no order of their own: name them, or a "
				"release list");
	plan->version = calloc(names->n, sizeof(*plan->version));
	look.named = calloc(names->n, sizeof(*look.named));
	if (plan->version && look.named)
		err = read_all(&look, names);
	else
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory");
	free(look.named);
	return err;
}
