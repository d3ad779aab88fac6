// SPDX-License-Identifier: Apache-2.0
/*
 * campaign_patches SECONDS SEED FOLDER [FORMAT]: breaks patches and applies them, for so long.
 * FOLDER holds pairs NAME.old and NAME.new, patches between them NAME.WHOSE.patch and delta updates
 * NAME.WHOSE.update; with FORMAT, only patches of that format count. Built and run by
 * scripts/campaign-patches, under the sanitizers and with a limit on what one allocation may ask.
 *
 * What must hold for every broken patch: no crash; an error has words; with bytes changed in place
 * a result that is not the new image only where the format has no checksum of it, or the same; from
 * otd, whatever was changed, only what has the CRC-32 that the patch says; whatever applies can be
 * described, and the description tells the result's size; no more than a second, or what otd may
 * take for the size that is claimed; no large allocation. The first that breaks the law is left in
 * FOLDER/found.patch.
 */
#include <bzlib.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <ota/bsdiff.h>
#include <ota/delta_update.h>
#include <ota/file.h>
#include <ota/otd.h>
#include <ota/vcdiff.h>

#define PATH_LEN     1024
#define CASES_MAX    4096
#define FILE_CEILING ((size_t)16 * 1024 * 1024)
#define NEW_CEILING  ((size_t)16 * 1024 * 1024)
/* Work is bounded by the size the patch claims, and that by the ceiling above. */
#define SECONDS_MAX 1.0
/* What otd may take on top of that for a MiB of new: the sanitizers' share is most of it. */
#define OTD_SECONDS_PER_MIB 30.0
#define MIB                 (1024.0 * 1024.0)
#define SPLICE_MAX          ((size_t)64)

/* Of the sanitizers' runtime: called before it ends the program. */
void __sanitizer_set_death_callback(void (*callback)(void));

/* One patch that works, and the images that it is between. */
struct base {
	char name[PATH_LEN];
	struct ota_buf old_image;
	struct ota_buf new_image;
	struct ota_buf patch;
	bool is_update;
	const char *format; /* of a patch */
	size_t next_cut;    /* truncations are tried in order, each length once */
};

enum outcome { EXACT, ANOTHER, REFUSED, OUTCOMES };

struct campaign {
	struct base *base;
	size_t n;
	const char *folder;
	const char *format; /* the only one wanted; NULL: all */
	uint64_t random;
	struct ota_buf broken; /* the patch being tried */
	const struct base *of; /* and what it was made of */
	bool in_place;         /* bytes were changed, none moved */
	uint64_t runs;
	uint64_t outcome[OUTCOMES];
	uint64_t error[256];
	double slowest;
};

static struct campaign campaign;

/* -- chance ------------------------------------------------------------------------------------ */

/* xorshift64*: the same everywhere. */
static uint64_t any(void)
{
	campaign.random ^= campaign.random >> 12;
	campaign.random ^= campaign.random << 25;
	campaign.random ^= campaign.random >> 27;
	return campaign.random * 0x2545f4914f6cdd1dULL;
}

static size_t below(size_t n)
{
	return n == 0 ? 0 : (size_t)((any() >> 16) % n);
}

/* What a size is set to, to be mistaken by someone. */
static uint64_t odd_size(void)
{
	static const uint64_t odd[] = {
		0,
		1,
		2,
		0x7f,
		0x80,
		0xffff,
		0x7ffffffeU,
		0x7fffffffU,
		0x80000000U,
		0xfffffffeU,
		0xffffffffU,
		0x100000000U,
		0x7ffffffffffffffeU,
		0x7fffffffffffffffU,
		0x8000000000000000U, /* -0, as BSDIFF40 has it */
		0x8000000000000001U, /* -1, the same */
		0xffffffffffffffffU, /* -1 in two's complement */
	};

	return odd[below(sizeof(odd) / sizeof(odd[0]))];
}

/* -- the law ----------------------------------------------------------------------------------- */

static void keep_broken(void)
{
	char path[PATH_LEN + 16];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/found.patch", campaign.folder);
	file = fopen(path, "wb");
	if (!file)
		return;
	(void)fwrite(campaign.broken.data, 1, campaign.broken.len, file);
	(void)fclose(file);
	(void)fprintf(stderr, "made of %s, kept as %s\n", campaign.of ? campaign.of->name : "-",
		      path);
}

static void breach(const char *what)
{
	(void)fprintf(stderr, "campaign: %s\n", what);
	keep_broken();
	exit(1);
}

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static enum ota_err apply_update(struct ota_span old_image, struct ota_buf *out,
				 struct ota_diag *diag)
{
	const struct ota_delta_update_rules rules = {.key = NULL};
	struct ota_delta_update_verdict verdict;
	struct ota_delta_update update;
	enum ota_err err = ota_delta_update_open(ota_buf_span(&campaign.broken), &update, diag);

	if (err == OTA_OK)
		err = ota_delta_update_apply(&update, old_image, &rules, out, &verdict, diag);
	return err;
}

static enum ota_err apply(const struct base *of, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_span old_image = ota_buf_span(&of->old_image);

	if (of->is_update)
		return apply_update(old_image, out, diag);
	return ota_delta_apply(old_image, ota_buf_span(&campaign.broken), out, diag);
}

/* Of what it says of itself; false when it has no header. */
static bool read_otd(struct ota_span patch, struct ota_otd_header *header)
{
	struct ota_rd rd = ota_rd_init(patch);

	return ota_otd_probe(patch) && ota_otd_header_read(&rd, header) == OTA_OK;
}

/* Bytes may be anything; what they become is what the patch says, or an error. */
static void check_otd(const struct base *of, struct ota_span out)
{
	struct ota_otd_header header;

	if (!read_otd(ota_buf_span(&campaign.broken), &header))
		return;
	if (header.new_image.size != out.len || header.new_crc != ota_crc32(0, out))
		breach("otd: not the image that the patch names");
	if (header.old_crc != ota_crc32(0, ota_buf_span(&of->old_image)))
		breach("otd: another old image than the patch names");
}

static double seconds_max(void)
{
	struct ota_otd_header header;

	if (!read_otd(ota_buf_span(&campaign.broken), &header) ||
	    header.new_image.size > NEW_CEILING)
		return SECONDS_MAX;
	return SECONDS_MAX + OTD_SECONDS_PER_MIB * header.new_image.size / MIB;
}

static enum outcome judge(const struct base *of, enum ota_err err, const struct ota_buf *out,
			  const struct ota_diag *diag)
{
	struct ota_delta_info info;
	struct ota_span patch = ota_buf_span(&campaign.broken);

	campaign.error[err & 0xff]++;
	if (err != OTA_OK) {
		if (diag->err != err || diag->text[0] == '\0')
			breach("an error without words");
		if (err == OTA_E_MEMORY)
			breach("too large an allocation");
		return REFUSED;
	}
	if (of->is_update) {
		if (!ota_span_equal(ota_buf_span(out), ota_buf_span(&of->new_image)))
			breach("another image from a delta update");
		return EXACT;
	}
	if (ota_delta_describe(patch, &info, NULL) != OTA_OK)
		breach("it applies but cannot be described");
	if (info.new_size != out->len)
		breach("the description has another size");
	check_otd(of, ota_buf_span(out));
	if (ota_span_equal(ota_buf_span(out), ota_buf_span(&of->new_image)))
		return EXACT;
	/*
	 * A checksum is of one window: whole windows may come and go. And Adler-32 is weak: three
	 * changes that cancel out are found by chance in a minute.
	 */
	if (info.has_checksum && campaign.in_place &&
	    ota_adler32(1, ota_buf_span(out)) != ota_adler32(1, ota_buf_span(&of->new_image)))
		breach("a wrong image in spite of a checksum");
	return ANOTHER;
}

static void try_broken(const struct base *of)
{
	struct ota_buf out = ota_buf_init(NEW_CEILING);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;
	double start = now();
	enum ota_err err;

	campaign.of = of;
	err = apply(of, &out, &diag);
	campaign.outcome[judge(of, err, &out, &diag)]++;
	/* Without the old image more is legal: only crash and time are looked at. */
	(void)ota_delta_describe(ota_buf_span(&campaign.broken), &info, NULL);
	start = now() - start;
	if (start > campaign.slowest)
		campaign.slowest = start;
	if (start > seconds_max())
		breach("more than its time");
	campaign.runs++;
	ota_buf_free(&out);
}

/* -- breaking ---------------------------------------------------------------------------------- */

static void append(struct ota_buf *to, struct ota_span bytes)
{
	if (ota_buf_append(to, bytes, NULL) != OTA_OK)
		abort();
}

static void set_broken(struct ota_span bytes)
{
	campaign.broken.len = 0;
	append(&campaign.broken, bytes);
}

static void break_byte(const struct base *of)
{
	size_t at = below(of->patch.len);

	/* Headers are short and steer everything: they get half of the attention. */
	if (any() & 1)
		at = below(of->patch.len < 64 ? of->patch.len : 64);
	if (any() & 1)
		campaign.broken.data[at] ^= (uint8_t)(1U << below(8));
	else
		campaign.broken.data[at] = (uint8_t)any();
}

/* All from `at` on is replaced by a tail of another patch. */
static void break_splice(const struct base *of, size_t at)
{
	const struct base *other = &campaign.base[below(campaign.n)];
	size_t from = below(other->patch.len + 1);

	if (below(4) == 0 && of->patch.len == other->patch.len)
		from = at;
	campaign.broken.len = at;
	append(&campaign.broken, ota_span_tail(ota_buf_span(&other->patch), from));
}

/* A range is left out, doubled, or moved in from elsewhere in the same patch. */
static void break_range(const struct base *of, size_t at)
{
	struct ota_span all = ota_buf_span(&of->patch);
	size_t len = 1 + below(SPLICE_MAX);

	campaign.broken.len = at;
	switch (below(3)) {
	case 0:
		append(&campaign.broken, ota_span_tail(all, at + len));
		return;
	case 1:
		append(&campaign.broken, ota_span_sub(all, at, len));
		break;
	default:
		append(&campaign.broken, ota_span_sub(all, below(all.len), len));
	}
	append(&campaign.broken, ota_span_tail(all, at));
}

/* A number of base 128, as VCDIFF has them, in place of the one at `at`. */
static void break_varint(const struct base *of, size_t at)
{
	struct ota_span rest = ota_span_tail(ota_buf_span(&of->patch), at);
	uint8_t bytes[10];
	size_t n = sizeof(bytes);
	uint64_t value = odd_size();

	while (rest.len > 0 && rest.data[0] & 0x80)
		rest = ota_span_tail(rest, 1);
	rest = ota_span_tail(rest, 1);
	bytes[--n] = (uint8_t)(value & 0x7f);
	while ((value >>= 7) != 0)
		bytes[--n] = (uint8_t)(0x80 | (value & 0x7f));
	campaign.broken.len = at;
	append(&campaign.broken, ota_span_of(bytes + n, sizeof(bytes) - n));
	append(&campaign.broken, rest);
}

/* -- BSDIFF40 behind its bzip2 ----------------------------------------------------------------- */

static struct ota_buf plain_of(struct ota_span packed)
{
	struct ota_buf plain = ota_buf_init(FILE_CEILING);
	unsigned len = (unsigned)FILE_CEILING / 4;

	if (ota_buf_reserve(&plain, len, NULL) != OTA_OK)
		abort();
	/* The library's own view of const; it does not write. */
	if (BZ2_bzBuffToBuffDecompress((char *)plain.data, &len, (char *)(uintptr_t)packed.data,
				       (unsigned)packed.len, 0, 0) != BZ_OK)
		len = 0;
	plain.len = len;
	return plain;
}

static void append_packed(struct ota_buf *to, struct ota_span plain)
{
	unsigned len = (unsigned)(plain.len + plain.len / 50 + 700);

	if (ota_buf_reserve(to, len, NULL) != OTA_OK ||
	    BZ2_bzBuffToBuffCompress((char *)(to->data + to->len), &len,
				     (char *)(uintptr_t)(plain.len ? plain.data : to->data),
				     (unsigned)plain.len, 1, 0, 0) != BZ_OK)
		abort();
	to->len += len;
}

/*
 * bzip2's checksums would catch nearly all that is broken outside. One of the three numbers of a
 * control record, or a stream's end, is made odd.
 */
static void break_plain(struct ota_buf plain[3])
{
	struct ota_buf *which = &plain[below(4) == 0 ? below(3) : OTA_BSDIFF_CONTROL];
	size_t fields = which->len / 8;
	struct ota_wr wr;

	if (which->len == 0)
		return;
	if (below(4) == 0) {
		which->len = below(which->len);
		return;
	}
	if (fields == 0)
		return;
	wr = ota_wr_init(which->data + 8 * below(fields), 8);
	if (below(3) == 0)
		wr.data[below(8)] ^= (uint8_t)(1U << below(8));
	else
		ota_wr_u64(&wr, odd_size());
}

static void break_inside(const struct base *of)
{
	struct ota_span all = ota_buf_span(&of->patch);
	struct ota_bsdiff_header header;
	struct ota_buf plain[3];
	size_t at = OTA_BSDIFF_HEADER_SIZE;
	struct ota_wr wr;

	if (ota_bsdiff_header_read(all, &header) != OTA_OK)
		abort();
	plain[0] = plain_of(ota_span_sub(all, at, (size_t)header.control_size));
	at += (size_t)header.control_size;
	plain[1] = plain_of(ota_span_sub(all, at, (size_t)header.diff_size));
	plain[2] = plain_of(ota_span_tail(all, at + (size_t)header.diff_size));
	break_plain(plain);
	if (below(8) == 0)
		header.new_size += (int64_t)below(32) - 16;
	campaign.broken.len = at = OTA_BSDIFF_HEADER_SIZE;
	append_packed(&campaign.broken, ota_buf_span(&plain[0]));
	header.control_size = (int64_t)(campaign.broken.len - at);
	at = campaign.broken.len;
	append_packed(&campaign.broken, ota_buf_span(&plain[1]));
	header.diff_size = (int64_t)(campaign.broken.len - at);
	append_packed(&campaign.broken, ota_buf_span(&plain[2]));
	wr = ota_wr_init(campaign.broken.data, OTA_BSDIFF_HEADER_SIZE);
	ota_bsdiff_header_write(&wr, &header);
	for (size_t i = 0; i < 3; i++)
		ota_buf_free(&plain[i]);
}

static void break_bsdiff_size(void)
{
	struct ota_wr wr = ota_wr_init(campaign.broken.data + 8 + 8 * below(3), 8);

	ota_wr_u64(&wr, odd_size());
}

/* -- otd's header, with the rest to go with it ------------------------------------------------- */

static void break_field(struct ota_otd_header *header)
{
	switch (below(6)) {
	case 0:
		header->new_image.size += (uint32_t)below(64) - 32;
		header->new_image.size &= OTA_OTD_IMAGE_MAX;
		break;
	case 1:
		header->new_image.size = (uint32_t)odd_size() & OTA_OTD_IMAGE_MAX;
		break;
	case 2:
		header->arch = header->arch == OTA_OTD_NONE ? OTA_OTD_THUMB : OTA_OTD_NONE;
		break;
	case 3:
		header->tier = (enum ota_otd_tier)((header->tier + 1U) % OTA_OTD_TIERS);
		break;
	case 4:
		header->reads_new = !header->reads_new;
		break;
	default:
		header->old_image.segment[0].addr ^= 1U << below(32);
		if (below(2))
			header->new_image.segment[0] = header->old_image.segment[0];
	}
}

/* One field is another, or the stream is another patch's. */
static void break_otd(const struct base *of)
{
	const struct base *other = &campaign.base[below(campaign.n)];
	struct ota_rd rd = ota_rd_init(ota_buf_span(&of->patch));
	struct ota_rd other_rd = ota_rd_init(ota_buf_span(&other->patch));
	struct ota_otd_header header;
	struct ota_otd_header other_header;
	uint8_t bytes[OTA_OTD_HEADER_MAX];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_span stream;

	if (ota_otd_header_read(&rd, &header) != OTA_OK)
		abort();
	stream = ota_span_tail(ota_buf_span(&of->patch), rd.at);
	if (below(4) == 0 && ota_otd_header_read(&other_rd, &other_header) == OTA_OK)
		stream = ota_span_tail(ota_buf_span(&other->patch), other_rd.at);
	else
		break_field(&header);
	ota_otd_header_write(&wr, &header);
	if (wr.err != OTA_OK)
		abort();
	set_broken(ota_wr_span(&wr));
	append(&campaign.broken, stream);
}

static void break_one(struct base *of)
{
	bool bsdiff = !of->is_update && strcmp(of->format, "bsdiff") == 0;
	bool otd = !of->is_update && strcmp(of->format, "otd") == 0;
	size_t at = below(of->patch.len);

	campaign.in_place = false;
	set_broken(ota_buf_span(&of->patch));
	if (of->next_cut < of->patch.len && any() & 1) {
		campaign.broken.len = of->next_cut++;
		return;
	}
	switch (below(8)) {
	case 0:
		break_splice(of, at);
		break;
	case 1:
		break_range(of, at);
		break;
	case 2:
	case 3:
		if (bsdiff)
			break_bsdiff_size();
		else if (otd && below(2))
			break_otd(of);
		else
			break_varint(of, below(2) ? at : below(64 < at ? 64 : at));
		break;
	case 4:
	case 5:
		if (bsdiff)
			break_inside(of);
		else
			break_byte(of);
		break;
	default:
		campaign.in_place = true;
		for (size_t n = 1 + below(4); n > 0; n--)
			break_byte(of);
	}
}

/* -- the patches ------------------------------------------------------------------------------- */

static struct ota_buf read_file(const char *stem, size_t stem_len, const char *ending)
{
	char path[PATH_LEN];
	struct ota_buf file = ota_buf_init(FILE_CEILING);
	struct ota_diag diag = {.err = OTA_OK};

	(void)snprintf(path, sizeof(path), "%s/%.*s%s", campaign.folder, (int)stem_len, stem,
		       ending);
	if (ota_file_read(path, &file, &diag) != OTA_OK) {
		(void)fprintf(stderr, "campaign: %s: %s\n", path, diag.text);
		exit(1);
	}
	return file;
}

/* The patch as it is must do what it is for. */
static void check_base(struct base *base)
{
	struct ota_buf out = ota_buf_init(NEW_CEILING);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_info info;

	set_broken(ota_buf_span(&base->patch));
	campaign.of = base;
	if (apply(base, &out, &diag) != OTA_OK) {
		(void)fprintf(stderr, "%s\n", diag.text);
		breach("a whole patch does not apply");
	}
	if (!ota_span_equal(ota_buf_span(&out), ota_buf_span(&base->new_image)))
		breach("a whole patch gives another image");
	ota_buf_free(&out);
	if (base->is_update)
		return;
	if (ota_delta_describe(ota_buf_span(&base->patch), &info, NULL) != OTA_OK)
		breach("a whole patch cannot be described");
	base->format = info.format;
}

static void free_base(struct base *base)
{
	ota_buf_free(&base->old_image);
	ota_buf_free(&base->new_image);
	ota_buf_free(&base->patch);
}

static void load(const char *name)
{
	const char *update = strstr(name, ".update");
	const char *ending = update ? update : strstr(name, ".patch");
	size_t pair_len = strcspn(name, ".");
	struct base *base = &campaign.base[campaign.n];

	if (!ending || strncmp(name, "found", pair_len) == 0 || campaign.n == CASES_MAX)
		return;
	(void)snprintf(base->name, sizeof(base->name), "%s", name);
	base->old_image = read_file(name, pair_len, ".old");
	base->new_image = read_file(name, pair_len, ".new");
	base->patch = read_file(name, strlen(name), "");
	base->is_update = update != NULL;
	check_base(base);
	if (campaign.format && (base->is_update || strcmp(base->format, campaign.format) != 0))
		free_base(base);
	else
		campaign.n++;
}

static int skip_none(const struct dirent *entry)
{
	(void)entry;
	return 1;
}

/* Sorted, so that a seed means the same everywhere. */
static void load_all(void)
{
	struct dirent **entry = NULL;
	int n = scandir(campaign.folder, &entry, skip_none, alphasort);

	campaign.base = calloc(CASES_MAX, sizeof(*campaign.base));
	campaign.broken = ota_buf_init(4 * FILE_CEILING);
	if (!campaign.base)
		abort();
	for (int i = 0; i < n; i++) {
		load(entry[i]->d_name);
		free(entry[i]);
	}
	free((void *)entry);
}

static void free_all(void)
{
	for (size_t i = 0; i < campaign.n; i++)
		free_base(&campaign.base[i]);
	free(campaign.base);
	ota_buf_free(&campaign.broken);
}

static void report(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("%zu patches, %llu broken: %llu refused, %llu gave the new image, "
		     "%llu another one\n",
		     campaign.n, (unsigned long long)campaign.runs,
		     (unsigned long long)campaign.outcome[REFUSED],
		     (unsigned long long)campaign.outcome[EXACT],
		     (unsigned long long)campaign.outcome[ANOTHER]);
	(void)printf("slowest %.0f ms, peak %ld MiB, sanitizers and inputs included\n",
		     campaign.slowest * 1e3, usage.ru_maxrss / 1024);
	(void)printf("codes:");
	for (unsigned i = 0; i < 256; i++) {
		if (campaign.error[i])
			(void)printf(" %u: %llu", i, (unsigned long long)campaign.error[i]);
	}
	(void)printf("\n");
}

int main(int argc, char **argv)
{
	double seconds;

	if (argc < 4 || argc > 5) {
		(void)fprintf(stderr, "usage: campaign_patches SECONDS SEED FOLDER [FORMAT]\n");
		return 2;
	}
	seconds = atof(argv[1]);
	campaign.random = strtoull(argv[2], NULL, 0) * 2 + 1;
	campaign.folder = argv[3];
	campaign.format = argv[4]; /* NULL when it is not there */
	__sanitizer_set_death_callback(keep_broken);
	load_all();
	if (campaign.n == 0)
		return 2;
	seconds += now();
	while (now() < seconds) {
		struct base *of = &campaign.base[below(campaign.n)];

		break_one(of);
		try_broken(of);
	}
	report();
	free_all();
	return 0;
}
