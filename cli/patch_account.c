// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "patch_account.h"
#include "patch_file.h"

/* The library counts in 1/256 bit. */
#define SPENT_PER_BIT  256U
#define SPENT_PER_BYTE (8 * SPENT_PER_BIT)
#define BAR_LEN        32U

/* What the patch is of: the whole file, or for a delta update the image in it. */
static enum cli_exit find_image(const char *path, const struct image_file *file, bool is_update,
				struct ota_span *old_image)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	*old_image = ota_buf_span(&file->firmware.bytes);
	if (!is_update)
		return CLI_DONE;
	if (ota_image_open(*old_image, &image, &diag) != OTA_OK)
		return cli_fail(path, &diag);
	*old_image = image.bytes;
	return CLI_DONE;
}

enum cli_exit read_account(const char *path, const struct patch_file *file, const char *old_path,
			   struct ota_delta_account *account)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct image_file old_file;
	struct ota_span old_image;
	enum cli_exit status = patch_file_read_image(file, old_path, &old_file);

	if (status == CLI_DONE)
		status = find_image(old_path, &old_file, file->is_update, &old_image);
	if (status == CLI_DONE &&
	    ota_delta_explain(old_image, file->patch, CLI_APPLY_MAX, account, &diag) != OTA_OK) {
		status = cli_fail(path, &diag);
		if (diag.err == OTA_E_WRONG_BASE)
			cli_hint("the patch is for another old file than %s", old_path);
	}
	image_file_free(&old_file);
	return status;
}

static double bytes_of(uint64_t spent)
{
	return (double)spent / SPENT_PER_BYTE;
}

static uint64_t sum_of(const struct ota_delta_account *account)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < account->n_purposes; i++)
		sum += account->purpose[i].spent;
	return sum;
}

static uint64_t largest_region(const struct ota_delta_account *account)
{
	uint64_t largest = 0;

	for (unsigned i = 0; i < account->n_regions; i++) {
		if (account->region[i] > largest)
			largest = account->region[i];
	}
	return largest;
}

/* Where region `i` begins: an offset in new, or an address when the patch tells of one base. */
static uint64_t region_at(const struct ota_delta_account *account,
			  const struct ota_delta_info *info, unsigned i)
{
	const struct ota_delta_otd *otd = &info->otd;
	uint64_t at = (uint64_t)i * account->region_len;

	return otd->new_base.known && otd->segments == 1 ? otd->new_base.addr + at : at;
}

static uint64_t region_len(const struct ota_delta_account *account,
			   const struct ota_delta_info *info, unsigned i)
{
	uint64_t left = info->new_size - (uint64_t)i * account->region_len;

	return left < account->region_len ? left : account->region_len;
}

static void print_regions(const struct ota_delta_account *account,
			  const struct ota_delta_info *info)
{
	static const char full[BAR_LEN + 1] = "################################";
	uint64_t largest = largest_region(account);
	char text[32];

	if (account->n_regions == 0)
		return;
	printf("  new image, %s bytes a line\n", ota_number_grouped(account->region_len, text));
	for (unsigned i = 0; i < account->n_regions; i++) {
		uint64_t at = region_at(account, info, i);
		double share = cli_percent(account->region[i], largest) / 100;
		int bar = (int)(share * BAR_LEN + 0.5);

		printf("    0x%08" PRIx64 "-0x%08" PRIx64 " %10.1f  %.*s\n", at,
		       at + region_len(account, info, i) - 1, bytes_of(account->region[i]), bar,
		       full);
	}
}

void print_account(const struct ota_delta_account *account, const struct ota_delta_info *info)
{
	uint64_t sum = sum_of(account);
	char a[32];
	char b[32];
	char c[32];

	printf("  stream bytes\n");
	for (unsigned i = 0; i < account->n_purposes; i++) {
		const struct ota_delta_purpose *purpose = &account->purpose[i];

		printf("    %-12s %12.1f %5.1f %%", purpose->name, bytes_of(purpose->spent),
		       cli_percent(purpose->spent, sum));
		if (purpose->makes > 0)
			printf("  for %s new bytes", ota_number_grouped(purpose->makes, a));
		printf("\n");
	}
	printf("  turns      %s\n", ota_number_grouped(account->turns, a));
	if (account->references > 0)
		printf("  references %s in old, %s foreseen, %s told\n",
		       ota_number_grouped(account->references, a),
		       ota_number_grouped(account->references_hit, b),
		       ota_number_grouped(account->references_told, c));
	print_regions(account, info);
}

static void json_bits(json_t *object, uint64_t spent)
{
	cli_json_uint(object, "bits", (spent + SPENT_PER_BIT / 2) / SPENT_PER_BIT);
}

void json_account(json_t *object, const struct ota_delta_account *account,
		  const struct ota_delta_info *info)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < account->n_purposes; i++) {
		const struct ota_delta_purpose *purpose = &account->purpose[i];
		json_t *item = json_object();

		cli_json_text(item, "what", purpose->name);
		json_bits(item, purpose->spent);
		cli_json_uint(item, "new_bytes", purpose->makes);
		(void)json_array_append_new(list, item);
	}
	cli_json_add(object, "spent", list);
	cli_json_uint(object, "turns", account->turns);
	cli_json_uint(object, "references", account->references);
	cli_json_uint(object, "references_hit", account->references_hit);
	cli_json_uint(object, "references_told", account->references_told);
	list = json_array();
	for (unsigned i = 0; i < account->n_regions; i++) {
		json_t *item = json_object();

		cli_json_uint(item, "at", region_at(account, info, i));
		cli_json_uint(item, "length", region_len(account, info, i));
		json_bits(item, account->region[i]);
		(void)json_array_append_new(list, item);
	}
	cli_json_add(object, "regions", list);
}
