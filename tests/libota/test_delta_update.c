// SPDX-License-Identifier: Apache-2.0
/*
 * Delta updates: nothing that differs from a signed one by a bit, a cut or a tail passes, none is
 * applied to another image than its own, and nothing is decoded before that is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <ota/delta_update.h>

#include "images.h"
#include "patch_formats.h"
#include "vectors.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define BODY_SIZE  700U
#define UPDATE_MAX 0x100000U
#define P256       "imgtool/keys/p256.pem"
#define ED25519    "imgtool/keys/ed25519.pem"

static const uint8_t vendor_a[OTA_TLV_UUID_SIZE] = {0xa};
static const uint8_t vendor_b[OTA_TLV_UUID_SIZE] = {0xb};

/* -- old and new images, and updates between them ---------------------------------------------- */

/* An image of that version; revisions differ in a few bytes and in length. */
static struct ota_buf image_with(struct ota_image_plan plan, uint16_t revision)
{
	uint8_t body[BODY_SIZE + 256];
	size_t len = BODY_SIZE + revision % 256;

	fill_pattern(body, sizeof(body), 1);
	for (size_t i = 0; i < len; i += 50)
		body[i] = (uint8_t)(revision + i);
	plan.version.major = 1;
	plan.version.minor = 2;
	plan.version.revision = revision;
	plan.pad_header = true;
	return image_build(&plan, ota_span_of(body, len), NULL);
}

static struct ota_buf image_of(uint16_t revision)
{
	return image_with((struct ota_image_plan){.header_size = 0x40}, revision);
}

/* The same with a security counter and a vendor; 0 and NULL: none. */
static struct ota_buf image_from(uint16_t revision, uint32_t counter, const uint8_t *vid,
				 const uint8_t *cid)
{
	struct ota_image_plan plan = {.has_security_counter = counter != 0,
				      .security_counter = counter,
				      .vid = vid,
				      .cid = cid};

	return image_with(plan, revision);
}

/* An old and a new image and who signs. */
struct pair {
	struct ota_buf old_image;
	struct ota_buf new_image;
	struct ota_key *key;
	struct ota_signer signer;
	struct ota_delta_update_plan plan;
};

static struct pair pair_of(struct ota_buf old_image, struct ota_buf new_image, const char *key)
{
	return (struct pair){.old_image = old_image,
			     .new_image = new_image,
			     .key = vector_key(key),
			     .plan = {.delta = {.format = "bsdiff"}}};
}

static struct pair plain_pair(const char *key)
{
	return pair_of(image_of(1), image_of(2), key);
}

static void free_pair(struct pair *pair)
{
	ota_buf_free(&pair->old_image);
	ota_buf_free(&pair->new_image);
	ota_key_free(pair->key);
}

static enum ota_err try_make(struct pair *pair, struct ota_span old_image, struct ota_span new_file,
			     struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_delta_update_made made;
	struct ota_index *index = NULL;
	enum ota_err err;

	*out = ota_buf_init(UPDATE_MAX);
	if (!pair->plan.signers) {
		pair->signer = (struct ota_signer){.key = pair->key};
		pair->plan.signers = &pair->signer;
		pair->plan.n_signers = 1;
	}
	assert_int_equal(ota_index_build(old_image, &index, NULL), OTA_OK);
	err = ota_delta_update_make(&pair->plan, index, new_file, out, &made, diag);
	ota_index_free(index);
	return err;
}

static struct ota_buf make(struct pair *pair)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out;

	if (try_make(pair, ota_buf_span(&pair->old_image), ota_buf_span(&pair->new_image), &out,
		     &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	return out;
}

static void refuse_make(struct ota_span old_image, struct ota_span new_file, enum ota_err err,
			const char *text)
{
	struct pair pair = {.key = vector_key(ED25519), .plan = {.delta = {.format = "bsdiff"}}};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out;

	assert_int_equal(try_make(&pair, old_image, new_file, &out, &diag), err);
	assert_string_equal(diag.text, text);
	assert_int_equal(out.len, 0);
	ota_buf_free(&out);
	free_pair(&pair);
}

/* A wrapper made by hand around any payload: what an owner of the key could do wrong. */
struct forge {
	struct ota_delta_tlv tlv;
	struct ota_span payload;
	uint16_t second_type; /* one more custom TLV; 0: none */
	struct ota_image_plan plan;
	const struct ota_key *key; /* NULL: unsigned */
};

/* One that is good, to start from. `update` is from make(); both are borrowed. */
static struct forge forge_from(const struct pair *pair, struct ota_span update)
{
	struct ota_image image = image_open(update);
	struct forge forge = {.key = pair->key, .plan = {.pad_header = true, .non_bootable = true}};

	forge.payload = ota_span_sub(update, OTA_IMAGE_HEADER_SIZE, image.header.img_size);
	forge.plan.version = image.header.version;
	assert_int_equal(ota_delta_tlv_read(image_tlv(&image, OTA_TLV_DELTA, 0), &forge.tlv),
			 OTA_OK);
	return forge;
}

static struct ota_buf forge_build(const struct forge *forge)
{
	uint8_t value[OTA_TLV_DELTA_SIZE];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));
	struct ota_custom_tlv custom[2] = {{.type = OTA_TLV_DELTA, .value = {value, sizeof(value)}},
					   {.type = forge->second_type, .value = {value, 4}}};
	struct ota_signer signer = {.key = forge->key};
	struct ota_image_plan plan = forge->plan;

	ota_delta_tlv_write(&wr, &forge->tlv);
	plan.custom_tlvs = custom;
	plan.n_custom_tlvs = forge->second_type ? 2 : 1;
	plan.signers = &signer;
	plan.n_signers = forge->key ? 1 : 0;
	return image_build(&plan, forge->payload, NULL);
}

/* -- applying ---------------------------------------------------------------------------------- */

/* Opens and applies. Fails the test when `out` is touched although nothing may be decoded. */
static enum ota_err apply_rules(struct ota_span update_file, struct ota_span old_file,
				const struct ota_delta_update_rules *rules, struct ota_buf *out,
				struct ota_diag *diag)
{
	struct ota_delta_update update;
	struct ota_delta_update_verdict verdict;
	enum ota_err err = ota_delta_update_open(update_file, &update, diag);

	*out = ota_buf_init(UPDATE_MAX);
	if (err != OTA_OK)
		return err;
	err = ota_delta_update_apply(&update, old_file, rules, out, &verdict, diag);
	assert_int_equal(verdict.result_good, err == OTA_OK);
	assert_int_equal(out->ceiling, UPDATE_MAX);
	if (!verdict.base_good) {
		assert_int_not_equal(err, OTA_OK);
		assert_null(out->data);
	}
	if (err != OTA_OK)
		assert_int_equal(out->len, 0);
	return err;
}

static enum ota_err apply(struct ota_span update_file, struct ota_span old_file,
			  const struct ota_key *key, struct ota_diag *diag)
{
	const struct ota_delta_update_rules rules = {.key = key};
	struct ota_buf out;
	enum ota_err err = apply_rules(update_file, old_file, &rules, &out, diag);

	ota_buf_free(&out);
	return err;
}

static void apply_good(struct ota_span update_file, struct ota_span old_file,
		       const struct ota_key *key, struct ota_span want)
{
	const struct ota_delta_update_rules rules = {.key = key};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out;

	if (apply_rules(update_file, old_file, &rules, &out, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	assert_true(ota_span_equal(ota_buf_span(&out), want));
	ota_buf_free(&out);
}

static void refuse_apply(struct ota_span update_file, struct ota_span old_file,
			 const struct ota_key *key, enum ota_err err, const char *text)
{
	struct ota_diag diag = {.err = OTA_OK};

	assert_int_equal(apply(update_file, old_file, key, &diag), err);
	assert_string_equal(diag.text, text);
}

static void refuse_forged(const struct forge *forge, const struct pair *pair, enum ota_err err,
			  const char *text)
{
	struct ota_buf file = forge_build(forge);

	refuse_apply(ota_buf_span(&file), ota_buf_span(&pair->old_image), pair->key, err, text);
	ota_buf_free(&file);
}

/* -- what is made ------------------------------------------------------------------------------ */

static void every_format_and_key_gives_the_new_image_back(void **state)
{
	static const char *const keys[] = {P256, ED25519, "imgtool/keys/p384.pem",
					   "imgtool/keys/rsa2048.pem"};
	const char *name;

	(void)state;
	for (size_t f = 0; (name = ota_delta_format_name(f)) != NULL; f++) {
		for (size_t i = 0; i < N(keys); i++) {
			struct pair pair = plain_pair(keys[i]);
			struct ota_buf update;

			pair.plan.delta.format = name;
			update = make(&pair);
			apply_good(ota_buf_span(&update), ota_buf_span(&pair.old_image), pair.key,
				   ota_buf_span(&pair.new_image));
			ota_buf_free(&update);
			free_pair(&pair);
		}
	}
}

static void each_format_has_a_version_of_its_own(void **state)
{
	const struct ota_patch_format *row;

	(void)state;
	for (size_t f = 0; (row = ota_patch_format_at(f)) != NULL; f++) {
		struct pair pair = plain_pair(ED25519);
		struct ota_delta_update update;
		struct ota_buf file;
		struct ota_buf forged;
		struct forge forge;

		pair.plan.delta.format = row->name;
		file = make(&pair);
		assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
		assert_int_equal(update.tlv.format, row->id);
		assert_int_equal(update.tlv.format_version, row->version);
		forge = forge_from(&pair, ota_buf_span(&file));
		forge.tlv.format_version++;
		forged = forge_build(&forge);
		assert_int_equal(ota_delta_update_open(ota_buf_span(&forged), &update, NULL),
				 OTA_E_UNSUPPORTED);
		ota_buf_free(&forged);
		ota_buf_free(&file);
		free_pair(&pair);
	}
}

static void is_an_image_that_binds_both_others(void **state)
{
	static const uint16_t types[] = {OTA_TLV_SEC_CNT, OTA_TLV_UUID_VID, OTA_TLV_UUID_CID,
					 OTA_TLV_DELTA,   OTA_TLV_SHA256,   OTA_TLV_KEYHASH,
					 OTA_TLV_ED25519};
	struct pair pair = pair_of(image_from(1, 4, NULL, NULL),
				   image_from(2, 5, vendor_a, vendor_b), ED25519);
	struct ota_buf file = make(&pair);
	struct ota_image image = image_open(ota_buf_span(&file));
	struct ota_delta_update update;
	uint16_t found[N(types) + 1];

	(void)state;
	assert_int_equal(image.header.hdr_size, OTA_IMAGE_HEADER_SIZE);
	assert_int_equal(image.header.flags, OTA_IMAGE_F_NON_BOOTABLE);
	assert_int_equal(image.header.version.revision, 2);
	assert_int_equal(image_tlv_types(&image, found, N(found)), N(types));
	assert_memory_equal(found, types, sizeof(types));
	assert_true(image.areas.prot_at < image.areas.unprot_at);
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
	assert_string_equal(update.format, "bsdiff");
	assert_true(update.has_security_counter);
	assert_int_equal(update.security_counter, 5);
	assert_int_equal(update.tlv.old_size, pair.old_image.len);
	assert_int_equal(update.tlv.new_size, pair.new_image.len);
	assert_int_equal(update.tlv.old_version.revision, 1);
	assert_memory_equal(image_tlv(&image, OTA_TLV_UUID_VID, 0).data, vendor_a,
			    sizeof(vendor_a));
	assert_memory_equal(image_tlv(&image, OTA_TLV_UUID_CID, 0).data, vendor_b,
			    sizeof(vendor_b));
	ota_buf_free(&file);
	free_pair(&pair);
}

static void tells_the_decoders_ram(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	struct ota_delta_update update;
	struct ota_delta_info info;

	(void)state;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
	assert_int_equal(ota_delta_describe(update.patch, &info, NULL), OTA_OK);
	assert_int_equal(update.tlv.decoder_ram, info.decoder_ram);
	ota_buf_free(&file);
	free_pair(&pair);
}

static void the_wrapper_costs_what_the_format_says(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	struct ota_delta_update update;

	(void)state;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
	assert_int_equal(file.len - update.patch.len, 244);
	ota_buf_free(&file);
	free_pair(&pair);
}

static void same_inputs_give_the_same_bytes(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf a = make(&pair);
	struct ota_buf b = make(&pair);

	(void)state;
	assert_true(ota_span_equal(ota_buf_span(&a), ota_buf_span(&b)));
	ota_buf_free(&a);
	ota_buf_free(&b);
	free_pair(&pair);
}

static void follows_the_byte_order_of_the_new_image(void **state)
{
	struct ota_image_plan big = {
		.big_endian = true, .has_security_counter = true, .security_counter = 3};
	struct pair pair = pair_of(image_from(1, 2, NULL, NULL), image_with(big, 2), P256);
	struct ota_buf file = make(&pair);
	struct ota_delta_update update;

	(void)state;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
	assert_true(update.image.big_endian);
	assert_int_equal(update.security_counter, 3);
	apply_good(ota_buf_span(&file), ota_buf_span(&pair.old_image), pair.key,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&file);
	free_pair(&pair);
}

static void padding_and_trailers_are_taken_off(void **state)
{
	struct ota_image_plan padded = {
		.header_size = 0x40, .pad = OTA_IMAGE_PAD_CONFIRMED, .slot_size = 0x2000};
	struct pair pair = plain_pair(ED25519);
	struct ota_buf old_slot = image_with(padded, 1);
	struct ota_buf new_slot = image_with(padded, 2);
	struct ota_buf file;

	(void)state;
	assert_int_equal(try_make(&pair, ota_buf_span(&pair.old_image), ota_buf_span(&new_slot),
				  &file, NULL),
			 OTA_OK);
	apply_good(ota_buf_span(&file), ota_buf_span(&old_slot), pair.key,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&file);
	ota_buf_free(&old_slot);
	ota_buf_free(&new_slot);
	free_pair(&pair);
}

static void any_of_several_signers_is_enough(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_key *other = vector_key("imgtool/keys/p256-b.pem");
	const struct ota_signer signers[] = {{.key = pair.key}, {.key = other}};
	struct ota_buf file;

	(void)state;
	pair.plan.signers = signers;
	pair.plan.n_signers = N(signers);
	file = make(&pair);
	for (size_t i = 0; i < N(signers); i++)
		apply_good(ota_buf_span(&file), ota_buf_span(&pair.old_image), signers[i].key,
			   ota_buf_span(&pair.new_image));
	ota_buf_free(&file);
	ota_key_free(other);
	free_pair(&pair);
}

static void holds_a_whole_key_or_a_padded_signature_when_asked(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf file;

	(void)state;
	pair.plan.full_public_key = true;
	pair.plan.pad_sig = true;
	file = make(&pair);
	apply_good(ota_buf_span(&file), ota_buf_span(&pair.old_image), pair.key,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&file);
	free_pair(&pair);
}

static void verify_takes_it_for_a_delta_update(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf file = make(&pair);
	struct ota_boot boot = {.hash = OTA_HASH_SHA256};
	struct ota_image_verdict verdict;
	struct ota_image image;

	(void)state;
	assert_int_equal(
		ota_file_verify(ota_buf_span(&file), pair.key, &boot, &image, &verdict, NULL),
		OTA_OK);
	assert_true(verdict.delta_update);
	assert_true(verdict.verified);
	ota_buf_free(&file);
	free_pair(&pair);
}

/* -- what is not made -------------------------------------------------------------------------- */

static void makes_none_of_encrypted_images(void **state)
{
	struct ota_key *key = vector_key("imgtool/keys/p256enc.pub.pem");
	struct ota_image_plan plan = {.header_size = 0x40, .encryption_key = key};
	struct ota_buf plain = image_of(1);
	struct ota_buf encrypted = image_with(plan, 2);
	struct ota_buf in_clear;

	(void)state;
	plan.encrypt_clear = true;
	in_clear = image_with(plan, 2);
	refuse_make(ota_buf_span(&plain), ota_buf_span(&encrypted), OTA_E_REFUSED,
		    "new image: is encrypted: a patch would carry its firmware in clear");
	refuse_make(ota_buf_span(&encrypted), ota_buf_span(&plain), OTA_E_REFUSED,
		    "old image: is encrypted: a patch would carry its firmware in clear");
	refuse_make(ota_buf_span(&plain), ota_buf_span(&in_clear), OTA_E_REFUSED,
		    "new image: is encrypted: a patch would carry its firmware in clear");
	ota_buf_free(&plain);
	ota_buf_free(&encrypted);
	ota_buf_free(&in_clear);
	ota_key_free(key);
}

static void makes_none_of_what_is_no_good_image(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct ota_buf damaged = image_of(2);
	struct ota_buf tail = image_of(2);
	struct ota_span old_image = ota_buf_span(&pair.old_image);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	damaged.data[0x50] ^= 1;
	assert_int_equal(ota_buf_append(&tail, ota_span_of("\xff\x01", 2), &diag), OTA_OK);
	refuse_make(old_image, ota_buf_span(&update), OTA_E_REFUSED,
		    "new image: is a delta update, not an image to boot");
	refuse_make(old_image, ota_span_of("no image, no image, no image, no image", 38),
		    OTA_E_MALFORMED,
		    "new image: not an MCUboot image: magic is 0x69206f6e, not 0x96f3b83d");
	refuse_make(ota_span_of(NULL, 0), old_image, OTA_E_TRUNCATED, "old image: file is empty");
	refuse_make(old_image, ota_buf_span(&damaged), OTA_E_DIGEST,
		    "new image: image does not have the SHA256 digest that the TLV at 0x302 names");
	refuse_make(old_image, ota_buf_span(&tail), OTA_E_MALFORMED,
		    "new image: the byte at 0x327, after the image, is neither padding nor part of "
		    "a slot trailer");
	refuse_make(ota_buf_span(&tail), old_image, OTA_E_MALFORMED,
		    "old image: the byte at 0x327, after the image, is neither padding nor part of "
		    "a slot trailer");
	ota_buf_free(&update);
	ota_buf_free(&damaged);
	ota_buf_free(&tail);
	free_pair(&pair);
}

static void wants_an_index_of_the_bare_image_and_a_signer(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_signer none = {.key = NULL};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out;

	(void)state;
	pair.plan.signers = &none;
	assert_int_equal(try_make(&pair, ota_buf_span(&pair.old_image),
				  ota_buf_span(&pair.new_image), &out, &diag),
			 OTA_E_USAGE);
	assert_string_equal(diag.text, "a delta update needs a signer");
	assert_int_equal(ota_buf_append(&pair.old_image, ota_span_of("\xff\xff", 2), NULL), OTA_OK);
	refuse_make(ota_buf_span(&pair.old_image), ota_buf_span(&pair.new_image), OTA_E_USAGE,
		    "the index is of 807 bytes, the old image in them has 805");
	free_pair(&pair);
}

static void refuse_pair(struct ota_buf old_image, struct ota_buf new_image, const char *text)
{
	refuse_make(ota_buf_span(&old_image), ota_buf_span(&new_image), OTA_E_REFUSED, text);
	ota_buf_free(&old_image);
	ota_buf_free(&new_image);
}

static void makes_none_that_no_device_would_take(void **state)
{
	(void)state;
	refuse_pair(image_from(1, 5, NULL, NULL), image_from(2, 4, NULL, NULL),
		    "new image has security counter 4, the old image has 5");
	refuse_pair(image_from(1, 5, NULL, NULL), image_from(2, 0, NULL, NULL),
		    "new image has no security counter, the old image has 5");
	refuse_pair(image_from(1, 0, vendor_a, NULL), image_from(2, 0, vendor_b, NULL),
		    "new image is for vendor id 0b000000000000000000000000000000, the old image "
		    "has 0a000000000000000000000000000000");
	refuse_pair(image_from(1, 0, vendor_a, vendor_a), image_from(2, 0, vendor_a, vendor_b),
		    "new image is for class id 0b000000000000000000000000000000, the old image "
		    "has 0a000000000000000000000000000000");
	refuse_pair(image_from(1, 0, vendor_a, NULL), image_from(2, 0, NULL, NULL),
		    "new image has no vendor id, the old image has "
		    "0a000000000000000000000000000000");
}

/* -- the wrong base ---------------------------------------------------------------------------- */

#define RELEASES 20

/* Updates from each release to the next, on each other one: 380 wrong pairs. */
static void refuse_wrong_pairs(const char *format)
{
	struct ota_buf images[RELEASES];
	struct ota_key *key = vector_key(P256);
	unsigned refused = 0;
	char text[64];

	for (size_t i = 0; i < RELEASES; i++)
		images[i] = image_of((uint16_t)i);
	for (size_t i = 0; i < RELEASES; i++) {
		struct ota_buf *next = &images[(i + 1) % RELEASES];
		struct pair pair = {.old_image = images[i],
				    .new_image = *next,
				    .key = key,
				    .plan = {.delta = {.format = format}}};
		struct ota_buf update = make(&pair);

		for (size_t j = 0; j < RELEASES; j++) {
			if (j == i)
				continue;
			(void)snprintf(text, sizeof(text), "update is for 1.2.%zu, this is 1.2.%zu",
				       i, j);
			refuse_apply(ota_buf_span(&update), ota_buf_span(&images[j]), key,
				     OTA_E_WRONG_BASE, text);
			refused++;
		}
		apply_good(ota_buf_span(&update), ota_buf_span(&images[i]), key,
			   ota_buf_span(next));
		ota_buf_free(&update);
	}
	assert_int_equal(refused, 380);
	for (size_t i = 0; i < RELEASES; i++)
		ota_buf_free(&images[i]);
	ota_key_free(key);
}

static void all_380_wrong_pairs_of_20_releases_are_refused(void **state)
{
	const char *name;

	(void)state;
	for (size_t i = 0; (name = ota_delta_format_name(i)) != NULL; i++)
		refuse_wrong_pairs(name);
}

static void an_update_in_the_place_of_the_old_image_is_named_so(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf update = make(&pair);

	(void)state;
	refuse_apply(ota_buf_span(&update), ota_buf_span(&update), pair.key, OTA_E_WRONG_BASE,
		     "update is for 1.2.1, this is a delta update itself");
	ota_buf_free(&update);
	free_pair(&pair);
}

static void another_build_of_the_same_version_is_named_so(void **state)
{
	struct ota_image_plan other = {.header_size = 0x40, .load_addr = 0x20000000};
	struct pair pair = plain_pair(P256);
	struct ota_buf update = make(&pair);
	struct ota_buf old_image = image_with(other, 1);
	struct ota_diag diag = {.err = OTA_OK};

	(void)state;
	refuse_apply(ota_buf_span(&update), ota_buf_span(&old_image), pair.key, OTA_E_WRONG_BASE,
		     "update is for another build of 1.2.1");
	pair.old_image.data[0x40] ^= 0x80;
	assert_int_equal(
		apply(ota_buf_span(&update), ota_buf_span(&pair.old_image), pair.key, &diag),
		OTA_E_WRONG_BASE);
	assert_string_equal(
		diag.hint,
		"the old image is damaged or encrypted: it does not have its own digest");
	ota_buf_free(&update);
	ota_buf_free(&old_image);
	free_pair(&pair);
}

static void every_bit_of_the_old_image_counts(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);

	(void)state;
	for (size_t bit = 0; bit < 8 * pair.old_image.len; bit++) {
		pair.old_image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(
			apply(ota_buf_span(&update), ota_buf_span(&pair.old_image), NULL, NULL),
			OTA_OK);
		pair.old_image.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < pair.old_image.len; len++)
		assert_int_not_equal(apply(ota_buf_span(&update),
					   ota_span_head(ota_buf_span(&pair.old_image), len), NULL,
					   NULL),
				     OTA_OK);
	refuse_apply(ota_buf_span(&update), ota_span_of(NULL, 0), pair.key, OTA_E_TRUNCATED,
		     "old image: file is empty");
	ota_buf_free(&update);
	free_pair(&pair);
}

/* -- damaged updates --------------------------------------------------------------------------- */

static void refuse_damaged(const char *key)
{
	struct pair pair = plain_pair(key);
	struct ota_buf update = make(&pair);
	struct ota_span old_image = ota_buf_span(&pair.old_image);
	struct ota_diag diag;

	for (size_t bit = 0; bit < 8 * update.len; bit++) {
		diag = (struct ota_diag){.err = OTA_OK};
		update.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (apply(ota_buf_span(&update), old_image, pair.key, &diag) == OTA_OK)
			fail_msg("%s: taken with bit %zu of byte %zu flipped", key, bit % 8,
				 bit / 8);
		assert_string_not_equal(diag.text, "");
		update.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < update.len; len++) {
		struct ota_span cut = ota_span_head(ota_buf_span(&update), len);

		assert_int_not_equal(apply(cut, old_image, pair.key, NULL), OTA_OK);
	}
	apply_good(ota_buf_span(&update), old_image, pair.key, ota_buf_span(&pair.new_image));
	ota_buf_free(&update);
	free_pair(&pair);
}

static void every_bit_flip_and_every_cut_is_refused(void **state)
{
	(void)state;
	refuse_damaged(P256);
	refuse_damaged(ED25519);
}

/* Without the key all that the digest covers is held to it. */
static void every_bit_flip_of_what_is_hashed_is_refused_without_a_key(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf update = make(&pair);
	struct ota_image image = image_open(ota_buf_span(&update));

	(void)state;
	for (size_t bit = 0; bit < 8 * image.areas.unprot_at; bit++) {
		update.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(
			apply(ota_buf_span(&update), ota_buf_span(&pair.old_image), NULL, NULL),
			OTA_OK);
		update.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	apply_good(ota_buf_span(&update), ota_buf_span(&pair.old_image), NULL,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&update);
	free_pair(&pair);
}

static void refuse_tails(const struct pair *pair, struct ota_buf *update, uint8_t value)
{
	size_t len = update->len;

	for (size_t n = 1; n <= 64; n++) {
		assert_int_equal(ota_buf_append(update, ota_span_of(&value, 1), NULL), OTA_OK);
		assert_int_equal(apply(ota_buf_span(update), ota_buf_span(&pair->old_image),
				       pair->key, NULL),
				 value == 0xff || value == 0x00 ? OTA_OK : OTA_E_MALFORMED);
	}
	update->len = len;
}

static void nothing_may_follow_but_erased_flash(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf update = make(&pair);

	(void)state;
	for (unsigned value = 0; value < 256; value++)
		refuse_tails(&pair, &update, (uint8_t)value);
	ota_buf_free(&update);
	free_pair(&pair);
}

/* -- signatures -------------------------------------------------------------------------------- */

static void wants_the_keys_signature(void **state)
{
	struct pair pair = plain_pair(P256);
	struct ota_buf update = make(&pair);
	struct ota_key *other = vector_key("imgtool/keys/p256-b.pem");
	struct ota_key *other_kind = vector_key(ED25519);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));
	struct ota_buf unsigned_file;

	(void)state;
	forge.key = NULL;
	unsigned_file = forge_build(&forge);
	assert_int_equal(apply(ota_buf_span(&update), ota_buf_span(&pair.old_image), other, NULL),
			 OTA_E_UNSIGNED);
	assert_int_not_equal(
		apply(ota_buf_span(&update), ota_buf_span(&pair.old_image), other_kind, NULL),
		OTA_OK);
	refuse_apply(ota_buf_span(&unsigned_file), ota_buf_span(&pair.old_image), pair.key,
		     OTA_E_UNSIGNED, "image is not signed");
	apply_good(ota_buf_span(&unsigned_file), ota_buf_span(&pair.old_image), NULL,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&unsigned_file);
	ota_buf_free(&update);
	ota_key_free(other);
	ota_key_free(other_kind);
	free_pair(&pair);
}

static void takes_a_pure_signature_too(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));
	struct ota_buf file;

	(void)state;
	forge.plan.pure = true;
	file = forge_build(&forge);
	apply_good(ota_buf_span(&file), ota_buf_span(&pair.old_image), pair.key,
		   ota_buf_span(&pair.new_image));
	file.data[OTA_IMAGE_HEADER_SIZE + 40] ^= 1;
	assert_int_not_equal(
		apply(ota_buf_span(&file), ota_buf_span(&pair.old_image), pair.key, NULL), OTA_OK);
	ota_buf_free(&file);
	ota_buf_free(&update);
	free_pair(&pair);
}

/* -- whose it is and how new ------------------------------------------------------------------- */

/* An update from revision 1 to 2, whose wrapper says what `counter`, `vid` and `cid` say. */
static struct ota_buf forge_origin(const struct pair *pair, struct ota_span update,
				   uint32_t counter, const uint8_t *vid, const uint8_t *cid)
{
	struct forge forge = forge_from(pair, update);

	forge.plan.has_security_counter = counter != 0;
	forge.plan.security_counter = counter;
	forge.plan.vid = vid;
	forge.plan.cid = cid;
	return forge_build(&forge);
}

static void refuses_another_vendor_or_class_or_none(void **state)
{
	struct pair pair = pair_of(image_from(1, 0, vendor_a, vendor_a),
				   image_from(2, 0, vendor_a, vendor_a), P256);
	struct ota_buf update = make(&pair);
	struct ota_span old_image = ota_buf_span(&pair.old_image);
	struct ota_buf vendor = forge_origin(&pair, ota_buf_span(&update), 0, vendor_b, vendor_a);
	struct ota_buf class = forge_origin(&pair, ota_buf_span(&update), 0, vendor_a, vendor_b);
	struct ota_buf none = forge_origin(&pair, ota_buf_span(&update), 0, NULL, NULL);

	(void)state;
	apply_good(ota_buf_span(&update), old_image, pair.key, ota_buf_span(&pair.new_image));
	refuse_apply(ota_buf_span(&vendor), old_image, pair.key, OTA_E_REFUSED,
		     "update is for vendor id 0b000000000000000000000000000000, the old image has "
		     "0a000000000000000000000000000000");
	refuse_apply(ota_buf_span(&class), old_image, pair.key, OTA_E_REFUSED,
		     "update is for class id 0b000000000000000000000000000000, the old image has "
		     "0a000000000000000000000000000000");
	refuse_apply(ota_buf_span(&none), old_image, pair.key, OTA_E_REFUSED,
		     "update has no vendor id, the old image has "
		     "0a000000000000000000000000000000");
	ota_buf_free(&vendor);
	ota_buf_free(&class);
	ota_buf_free(&none);
	ota_buf_free(&update);
	free_pair(&pair);
}

static void an_image_without_ids_may_become_one_with_them(void **state)
{
	struct pair pair =
		pair_of(image_from(1, 0, NULL, NULL), image_from(2, 1, vendor_a, vendor_b), P256);
	struct ota_buf update = make(&pair);

	(void)state;
	apply_good(ota_buf_span(&update), ota_buf_span(&pair.old_image), pair.key,
		   ota_buf_span(&pair.new_image));
	ota_buf_free(&update);
	free_pair(&pair);
}

static void refuses_a_lower_security_counter_or_none(void **state)
{
	struct pair pair =
		pair_of(image_from(1, 5, NULL, NULL), image_from(2, 5, NULL, NULL), P256);
	struct ota_buf update = make(&pair);
	struct ota_span old_image = ota_buf_span(&pair.old_image);
	struct ota_buf lower = forge_origin(&pair, ota_buf_span(&update), 4, NULL, NULL);
	struct ota_buf none = forge_origin(&pair, ota_buf_span(&update), 0, NULL, NULL);

	(void)state;
	apply_good(ota_buf_span(&update), old_image, pair.key, ota_buf_span(&pair.new_image));
	refuse_apply(ota_buf_span(&lower), old_image, pair.key, OTA_E_REFUSED,
		     "update has security counter 4, the old image has 5");
	refuse_apply(ota_buf_span(&none), old_image, pair.key, OTA_E_REFUSED,
		     "update has no security counter, the old image has 5");
	ota_buf_free(&lower);
	ota_buf_free(&none);
	ota_buf_free(&update);
	free_pair(&pair);
}

static void refuse_floor(const struct pair *pair, struct ota_span update, uint32_t floor,
			 const char *text)
{
	const struct ota_delta_update_rules rules = {
		.key = pair->key, .has_counter_floor = true, .counter_floor = floor};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out;

	assert_int_equal(apply_rules(update, ota_buf_span(&pair->old_image), &rules, &out, &diag),
			 text ? OTA_E_REFUSED : OTA_OK);
	assert_string_equal(diag.text, text ? text : "");
	ota_buf_free(&out);
}

static void refuses_a_security_counter_below_the_floor(void **state)
{
	struct pair pair =
		pair_of(image_from(1, 5, NULL, NULL), image_from(2, 6, NULL, NULL), P256);
	struct pair none = plain_pair(P256);
	struct ota_buf update = make(&pair);
	struct ota_buf update_none = make(&none);

	(void)state;
	refuse_floor(&pair, ota_buf_span(&update), 6, NULL);
	refuse_floor(&pair, ota_buf_span(&update), 7,
		     "update has security counter 6, at least 7 is asked for");
	refuse_floor(&pair, ota_buf_span(&update), UINT32_MAX,
		     "update has security counter 6, at least 4294967295 is asked for");
	refuse_floor(&none, ota_buf_span(&update_none), 0,
		     "update has no security counter, at least 0 is asked for");
	ota_buf_free(&update);
	ota_buf_free(&update_none);
	free_pair(&pair);
	free_pair(&none);
}

/* Each update has one fault fewer than the one before: the first fault is what is told. */
static void checks_come_in_their_order(void **state)
{
	struct pair pair =
		pair_of(image_from(1, 5, vendor_a, NULL), image_from(2, 5, vendor_a, NULL), P256);
	struct ota_key *other = vector_key("imgtool/keys/p256-b.pem");
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));

	(void)state;
	forge.payload = ota_span_of("BSDIFF40 and no more", 20);
	forge.tlv.old_digest[0] ^= 1;
	forge.plan.has_security_counter = true;
	forge.plan.security_counter = 4;
	forge.plan.vid = vendor_b;
	forge.key = other;
	refuse_forged(&forge, &pair, OTA_E_UNSIGNED,
		      "image is signed, but not by this ecdsa-p256 key (no key hash of it before "
		      "a signature)");
	forge.key = pair.key;
	refuse_forged(&forge, &pair, OTA_E_REFUSED,
		      "update is for vendor id 0b000000000000000000000000000000, the old image has "
		      "0a000000000000000000000000000000");
	forge.plan.vid = vendor_a;
	refuse_forged(&forge, &pair, OTA_E_REFUSED,
		      "update has security counter 4, the old image has 5");
	forge.plan.security_counter = 5;
	refuse_forged(&forge, &pair, OTA_E_WRONG_BASE, "update is for another build of 1.2.1");
	forge.tlv.old_digest[0] ^= 1;
	refuse_forged(&forge, &pair, OTA_E_TRUNCATED,
		      "patch is 20 bytes, its header alone needs 32");
	ota_buf_free(&update);
	ota_key_free(other);
	free_pair(&pair);
}

/* -- signed, but wrong ------------------------------------------------------------------------- */

static void a_signed_patch_for_another_image_is_refused(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));

	(void)state;
	forge.tlv.new_digest[15] ^= 0x80;
	refuse_forged(&forge, &pair, OTA_E_DIGEST,
		      "the patch makes another image than the update promises");
	forge.tlv.new_digest[15] ^= 0x80;
	forge.tlv.new_size++;
	refuse_forged(&forge, &pair, OTA_E_DIGEST,
		      "the patch does not make the 807 bytes that the update promises");
	forge.tlv.new_size -= 2;
	refuse_forged(&forge, &pair, OTA_E_DIGEST,
		      "the patch does not make the 805 bytes that the update promises");
	forge.tlv.new_size++;
	forge.tlv.old_size++;
	refuse_forged(&forge, &pair, OTA_E_WRONG_BASE, "update is for another build of 1.2.1");
	ota_buf_free(&update);
	free_pair(&pair);
}

/* The old image has been proven by then, so it is not what is blamed. */
static void a_signed_patch_that_does_not_fit_its_own_old_image_is_the_updates_fault(void **state)
{
	/* VCDIFF: one window that inserts "a", with a checksum of 0; one that reads far behind. */
	static const uint8_t checksum[] = {0xd6, 0xc3, 0xc4, 0, 0, 0x04, 11, 1,   0,
					   1,    1,    0,    0, 0, 0,    0,  'a', 2};
	static const uint8_t far[] = {0xd6, 0xc3, 0xc4, 0, 0, 0x01, 4,  0xff, 0x7f,
				      7,    4,    0,    0, 1, 1,    20, 0};
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));

	(void)state;
	forge.tlv.format = 2;
	forge.tlv.new_size = 4;
	forge.payload = ota_span_of(checksum, sizeof(checksum));
	refuse_forged(&forge, &pair, OTA_E_DIGEST,
		      "the patch is not for the old image that the update names: window 1 has "
		      "checksum 00000000, its new bytes have 00620062: the old file is probably "
		      "another one, or the patch is damaged");
	forge.payload = ota_span_of(far, sizeof(far));
	refuse_forged(&forge, &pair, OTA_E_DIGEST,
		      "the patch is not for the old image that the update names: window 1 uses "
		      "old bytes up to 16387, the old file has 805");
	ota_buf_free(&update);
	free_pair(&pair);
}

#define BOMB_SIZE 0x40000U

/* A patch of a few bytes that makes 256 KiB, in an update that promises 100. */
static void defuse_bomb(const char *format)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));
	struct ota_buf zeros = ota_buf_init(BOMB_SIZE);
	struct ota_buf patch = ota_buf_init(BOMB_SIZE);
	struct ota_delta_plan plan = {.format = format};
	const struct ota_delta_update_rules rules = {.key = pair.key};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_index *index = NULL;
	struct ota_buf file;
	struct ota_buf out;

	assert_int_equal(ota_buf_reserve(&zeros, BOMB_SIZE, NULL), OTA_OK);
	memset(zeros.data, 0, BOMB_SIZE);
	zeros.len = BOMB_SIZE;
	assert_int_equal(ota_index_build(ota_buf_span(&pair.old_image), &index, NULL), OTA_OK);
	assert_int_equal(ota_delta_make(&plan, index, ota_buf_span(&zeros), &patch, NULL), OTA_OK);
	assert_true(patch.len < 8192);
	forge.tlv.format = ota_patch_format_named(format)->id;
	forge.tlv.format_version = ota_patch_format_named(format)->version;
	forge.tlv.new_size = 100;
	forge.payload = ota_buf_span(&patch);
	file = forge_build(&forge);
	assert_int_equal(apply_rules(ota_buf_span(&file), ota_buf_span(&pair.old_image), &rules,
				     &out, &diag),
			 OTA_E_DIGEST);
	assert_string_equal(diag.text,
			    "the patch does not make the 100 bytes that the update promises");
	assert_true(out.cap <= 100);
	ota_buf_free(&out);
	ota_buf_free(&file);
	ota_buf_free(&patch);
	ota_buf_free(&zeros);
	ota_index_free(index);
	ota_buf_free(&update);
	free_pair(&pair);
}

static void a_bomb_in_a_signed_update_makes_no_more_than_promised(void **state)
{
	const char *name;

	(void)state;
	for (size_t i = 0; (name = ota_delta_format_name(i)) != NULL; i++)
		defuse_bomb(name);
}

static void the_callers_ceiling_holds_before_anything_is_decoded(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	const struct ota_delta_update_rules rules = {.key = pair.key};
	struct ota_buf out = ota_buf_init(pair.new_image.len + 4);
	struct ota_delta_update_verdict verdict;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_update update;

	(void)state;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&out, ota_span_of("12345", 5), NULL), OTA_OK);
	assert_int_equal(ota_delta_update_apply(&update, ota_buf_span(&pair.old_image), &rules,
						&out, &verdict, &diag),
			 OTA_E_NO_FIT);
	assert_string_equal(diag.text, "new image is 806 bytes, at most 805 are taken");
	assert_true(verdict.base_good);
	assert_int_equal(out.len, 5);
	out.len = 4;
	assert_int_equal(ota_delta_update_apply(&update, ota_buf_span(&pair.old_image), &rules,
						&out, &verdict, NULL),
			 OTA_OK);
	assert_memory_equal(out.data, "1234", 4);
	assert_true(ota_span_equal(ota_span_tail(ota_buf_span(&out), 4),
				   ota_buf_span(&pair.new_image)));
	ota_buf_free(&out);
	ota_buf_free(&file);
	free_pair(&pair);
}

/* -- what the reader refuses ------------------------------------------------------------------- */

/* One rule is broken by each; the rest is good and signed. */
static void break_format(struct forge *forge)
{
	forge->tlv.format = 200;
}

static void break_format_version(struct forge *forge)
{
	forge->tlv.format_version = 7;
}

static void break_flag(struct forge *forge)
{
	forge->plan.non_bootable = false;
}

static void break_by_more_flags(struct forge *forge)
{
	forge->plan.load_addr = 0x20000000;
}

static void break_payload(struct forge *forge)
{
	forge->payload = ota_span_of("BSDIFF39, which there is none of", 32);
}

static void break_by_no_payload(struct forge *forge)
{
	forge->payload = ota_span_of(NULL, 0);
}

static void the_reader_refuses_what_it_does_not_know(void **state)
{
	static const struct {
		void (*spoil)(struct forge *forge);
		enum ota_err err;
		const char *text;
	} cases[] = {
		{break_format, OTA_E_UNSUPPORTED, "patch format 200 is not one this version reads"},
		{break_format_version, OTA_E_UNSUPPORTED,
		 "bsdiff patch is of version 7, 0 is read"},
		{break_flag, OTA_E_MALFORMED, "has a DELTA TLV, but is not marked non-bootable"},
		{break_by_more_flags, OTA_E_UNSUPPORTED,
		 "header flags are 0x30, delta updates have 0x10"},
		{break_payload, OTA_E_MALFORMED, "the payload is no bsdiff patch as it claims"},
		{break_by_no_payload, OTA_E_MALFORMED,
		 "the payload is no bsdiff patch as it claims"},
	};
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct forge forge = forge_from(&pair, ota_buf_span(&update));

		cases[i].spoil(&forge);
		refuse_forged(&forge, &pair, cases[i].err, cases[i].text);
	}
	ota_buf_free(&update);
	free_pair(&pair);
}

/* Changes `n` bytes of the file at the value of the DELTA TLV; its digest no longer matters. */
static void refuse_patched(size_t at, const char *bytes, size_t n, enum ota_err err,
			   const char *text)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	struct ota_image image = image_open(ota_buf_span(&file));
	size_t value_at =
		(size_t)(image_tlv(&image, OTA_TLV_DELTA, 0).data - image.bytes.data) + at;
	struct ota_delta_update update;
	struct ota_diag diag = {.err = OTA_OK};

	memcpy(file.data + value_at, bytes, n);
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &update, &diag), err);
	assert_string_equal(diag.text, text);
	ota_buf_free(&file);
	free_pair(&pair);
}

static void the_reader_refuses_a_tlv_it_does_not_know(void **state)
{
	(void)state;
	refuse_patched(0, "OTAX", 4, OTA_E_MALFORMED, "the DELTA TLV does not start with OTAD");
	refuse_patched(6, "\x01", 1, OTA_E_UNSUPPORTED,
		       "the DELTA TLV has flags 0x0001, which this version does not know");
	refuse_patched(7, "\x80", 1, OTA_E_UNSUPPORTED,
		       "the DELTA TLV has flags 0x8000, which this version does not know");
}

/* The second custom TLV is made a DELTA TLV afterwards: no plan asks for two. */
static void the_reader_refuses_a_second_delta_tlv(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf update = make(&pair);
	struct forge forge = forge_from(&pair, ota_buf_span(&update));
	struct ota_delta_update opened;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf file;
	struct ota_image image;
	size_t at;

	(void)state;
	forge.second_type = 0x01a1;
	file = forge_build(&forge);
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &opened, NULL), OTA_OK);
	image = image_open(ota_buf_span(&file));
	at = (size_t)(image_tlv(&image, 0x01a1, 0).data - image.bytes.data) - OTA_TLV_HEADER_SIZE;
	file.data[at] = 0xa0;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &opened, &diag),
			 OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "a second DELTA TLV at 0x"));
	ota_buf_free(&file);
	ota_buf_free(&update);
	free_pair(&pair);
}

/* An unprotected one, in place of a signature. */
static void the_reader_refuses_a_delta_tlv_that_is_not_protected(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	struct ota_image image = image_open(ota_buf_span(&file));
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_update opened;
	size_t at = (size_t)(image_tlv(&image, OTA_TLV_ED25519, 0).data - image.bytes.data) -
		    OTA_TLV_HEADER_SIZE;

	(void)state;
	file.data[at] = 0xa0;
	file.data[at + 1] = 0x01;
	assert_int_equal(ota_delta_update_open(ota_buf_span(&file), &opened, &diag),
			 OTA_E_MALFORMED);
	assert_non_null(strstr(diag.text, "is not in the protected area"));
	ota_buf_free(&file);
	free_pair(&pair);
}

static void an_image_is_told_from_an_update(void **state)
{
	struct pair pair = plain_pair(ED25519);
	struct ota_buf file = make(&pair);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_update update;

	(void)state;
	assert_false(ota_delta_update_probe(ota_buf_span(&pair.old_image)));
	assert_false(ota_delta_update_probe(ota_span_of(NULL, 0)));
	assert_true(ota_delta_update_probe(ota_buf_span(&file)));
	assert_true(ota_delta_update_probe(ota_span_head(ota_buf_span(&file), 100)));
	assert_int_equal(ota_delta_update_open(ota_buf_span(&pair.old_image), &update, &diag),
			 OTA_E_ABSENT);
	assert_string_equal(diag.text, "is an MCUboot image, not a delta update");
	file.data[16] = 0; /* the flag */
	assert_true(ota_delta_update_probe(ota_buf_span(&file)));
	ota_buf_free(&file);
	free_pair(&pair);
}

/* -- for ever ---------------------------------------------------------------------------------- */

/* What a release has written, every later one reads. */
static void updates_that_were_released_are_still_taken(void **state)
{
	static const char *const names[] = {"delta_update/bsdiff.img", "delta_update/vcdiff.img"};
	struct ota_key *key = vector_key("imgtool/keys/ed25519.pub.pem");
	struct ota_buf old_image = vector_read("delta_update/old.img");
	struct ota_buf new_image = vector_read("delta_update/new.img");

	(void)state;
	for (size_t i = 0; i < N(names); i++) {
		struct ota_buf update = vector_read(names[i]);

		apply_good(ota_buf_span(&update), ota_buf_span(&old_image), key,
			   ota_buf_span(&new_image));
		ota_buf_free(&update);
	}
	ota_buf_free(&old_image);
	ota_buf_free(&new_image);
	ota_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_and_key_gives_the_new_image_back),
		cmocka_unit_test(each_format_has_a_version_of_its_own),
		cmocka_unit_test(is_an_image_that_binds_both_others),
		cmocka_unit_test(tells_the_decoders_ram),
		cmocka_unit_test(the_wrapper_costs_what_the_format_says),
		cmocka_unit_test(same_inputs_give_the_same_bytes),
		cmocka_unit_test(follows_the_byte_order_of_the_new_image),
		cmocka_unit_test(padding_and_trailers_are_taken_off),
		cmocka_unit_test(any_of_several_signers_is_enough),
		cmocka_unit_test(holds_a_whole_key_or_a_padded_signature_when_asked),
		cmocka_unit_test(verify_takes_it_for_a_delta_update),
		cmocka_unit_test(makes_none_of_encrypted_images),
		cmocka_unit_test(makes_none_of_what_is_no_good_image),
		cmocka_unit_test(wants_an_index_of_the_bare_image_and_a_signer),
		cmocka_unit_test(makes_none_that_no_device_would_take),
		cmocka_unit_test(all_380_wrong_pairs_of_20_releases_are_refused),
		cmocka_unit_test(an_update_in_the_place_of_the_old_image_is_named_so),
		cmocka_unit_test(another_build_of_the_same_version_is_named_so),
		cmocka_unit_test(every_bit_of_the_old_image_counts),
		cmocka_unit_test(every_bit_flip_and_every_cut_is_refused),
		cmocka_unit_test(every_bit_flip_of_what_is_hashed_is_refused_without_a_key),
		cmocka_unit_test(nothing_may_follow_but_erased_flash),
		cmocka_unit_test(wants_the_keys_signature),
		cmocka_unit_test(takes_a_pure_signature_too),
		cmocka_unit_test(refuses_another_vendor_or_class_or_none),
		cmocka_unit_test(an_image_without_ids_may_become_one_with_them),
		cmocka_unit_test(refuses_a_lower_security_counter_or_none),
		cmocka_unit_test(refuses_a_security_counter_below_the_floor),
		cmocka_unit_test(checks_come_in_their_order),
		cmocka_unit_test(a_signed_patch_for_another_image_is_refused),
		cmocka_unit_test(
			a_signed_patch_that_does_not_fit_its_own_old_image_is_the_updates_fault),
		cmocka_unit_test(a_bomb_in_a_signed_update_makes_no_more_than_promised),
		cmocka_unit_test(the_callers_ceiling_holds_before_anything_is_decoded),
		cmocka_unit_test(the_reader_refuses_what_it_does_not_know),
		cmocka_unit_test(the_reader_refuses_a_tlv_it_does_not_know),
		cmocka_unit_test(the_reader_refuses_a_second_delta_tlv),
		cmocka_unit_test(the_reader_refuses_a_delta_tlv_that_is_not_protected),
		cmocka_unit_test(an_image_is_told_from_an_update),
		cmocka_unit_test(updates_that_were_released_are_still_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
