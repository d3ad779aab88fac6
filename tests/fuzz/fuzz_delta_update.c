// SPDX-License-Identifier: Apache-2.0
/*
 * Delta updates without a key, where whoever made one may say what they like: open, check and apply
 * whatever comes. The first byte says how: the file as it is, or a wrapper put together around the
 * rest, bound to the old image and with good digests, so that its decoder is reached.
 */
#include <stdlib.h>

#include <ota/delta_update.h>

#define NEW_MAX  65536
#define OLD_BODY "An old image: enough of it for a patch to copy from, and to go wrong."

/* -- the old image ----------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct ota_buf build(const struct ota_image_plan *plan, struct ota_span body)
{
	struct ota_buf out = ota_buf_init(1U << 20);
	struct ota_image_made made;

	if (ota_image_build(plan, body, &out, &made, NULL) != OTA_OK)
		abort();
	return out;
}

static struct ota_span old_image(void)
{
	static struct ota_buf image;
	struct ota_image_plan plan = {.pad_header = true,
				      .has_security_counter = true,
				      .security_counter = 3,
				      .version = {1, 2, 3, 0}};

	if (image.len == 0) {
		if (ota_keys_init(NULL) != OTA_OK)
			abort();
		image = build(&plan, ota_span_of(OLD_BODY, sizeof(OLD_BODY)));
	}
	return ota_buf_span(&image);
}

/* -- one update -------------------------------------------------------------------------------- */

static void fuzz_file(struct ota_span file)
{
	const struct ota_delta_update_rules rules = {.key = NULL};
	struct ota_buf out = ota_buf_init(NEW_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_update_verdict verdict;
	struct ota_delta_update update;
	enum ota_err err = ota_delta_update_open(file, &update, &diag);

	if (err == OTA_OK && !ota_delta_update_probe(file))
		abort();
	if (err == OTA_OK) {
		err = ota_delta_update_apply(&update, old_image(), &rules, &out, &verdict, &diag);
		if (verdict.signature_good || verdict.result_good != (err == OTA_OK))
			abort();
		if (!verdict.base_good && out.data)
			abort();
		if (out.len != (err == OTA_OK ? update.tlv.new_size : 0))
			abort();
	}
	if (err != OTA_OK && diag.text[0] == '\0')
		abort();
	ota_buf_free(&out);
}

static void read_digest(struct ota_span bytes, uint8_t *digest)
{
	struct ota_digest whole;

	if (ota_digest_of(OTA_HASH_SHA256, bytes, &whole, NULL) != OTA_OK)
		abort();
	memcpy(digest, whole.data, OTA_DELTA_DIGEST_SIZE);
}

/* What the patch makes, if it makes anything: only then can the update promise it. */
static void promise(struct ota_span patch, struct ota_delta_tlv *tlv)
{
	struct ota_buf out = ota_buf_init(NEW_MAX);

	if (ota_delta_apply(old_image(), patch, &out, NULL) == OTA_OK) {
		tlv->new_size = (uint32_t)out.len;
		read_digest(ota_buf_span(&out), tlv->new_digest);
	}
	ota_buf_free(&out);
}

static void fuzz_payload(struct ota_span patch, bool big)
{
	struct ota_delta_tlv tlv = {.format = 1,
				    .old_size = (uint32_t)old_image().len,
				    .new_size = 100,
				    .old_version = {1, 2, 3, 0}};
	uint8_t value[OTA_TLV_DELTA_SIZE];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));
	struct ota_custom_tlv delta = {.type = OTA_TLV_DELTA, .value = {value, sizeof(value)}};
	struct ota_image_plan plan = {.pad_header = true,
				      .non_bootable = true,
				      .big_endian = big,
				      .has_security_counter = true,
				      .security_counter = 3,
				      .custom_tlvs = &delta,
				      .n_custom_tlvs = 1};
	struct ota_buf file;

	if (patch.len > 0 && patch.data[0] == 0xd6) /* VCDIFF's magic */
		tlv.format = 2;
	read_digest(old_image(), tlv.old_digest);
	promise(patch, &tlv);
	ota_delta_tlv_write(&wr, &tlv);
	file = build(&plan, patch);
	fuzz_file(ota_buf_span(&file));
	ota_buf_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ota_span input = ota_span_of(data, len);

	if (old_image().len == 0 || len == 0)
		return 0;
	if (data[0] == 'B' || data[0] == 0xd6)
		fuzz_payload(input, false);
	else if (data[0] == 0)
		fuzz_payload(ota_span_tail(input, 1), true);
	else
		fuzz_file(input);
	return 0;
}
