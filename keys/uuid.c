// SPDX-License-Identifier: Apache-2.0
#include <limits.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>

#include <ota/uuid.h>

#include "key_ops.h"

#define TEXT_SIZE   36U /* with dashes */
#define DIGITS      32U
#define VERSION_5   0x50U
#define VARIANT_RFC 0x80U

static const uint8_t dns[OTA_UUID_SIZE] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
					   0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

const uint8_t *ota_uuid_dns(void)
{
	return dns;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* "8-4-4-4-12" digits with all their dashes, or none. */
static bool read_digits(const char *text, uint8_t uuid[OTA_UUID_SIZE])
{
	size_t len = strlen(text);
	unsigned n = 0;

	if (len != TEXT_SIZE && len != DIGITS)
		return false;
	for (size_t i = 0; i < len; i++) {
		int digit = digit_of(text[i]);

		if (len == TEXT_SIZE && (i == 8 || i == 13 || i == 18 || i == 23)) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		uuid[n / 2] = (uint8_t)(n % 2 ? uuid[n / 2] | digit : digit << 4);
		n++;
	}
	return true;
}

/* Python's str.isprintable by ranges: no control, format, surrogate, private or wide space. */
static bool is_printable(unsigned long c)
{
	static const struct {
		unsigned long first, last;
	} not [] = {{0, 0x1f},          {0x7f, 0xa0},       {0xad, 0xad},     {0x600, 0x605},
		    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x1680, 0x1680}, {0x180e, 0x180e},
		    {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f}, {0x3000, 0x3000},
		    {0xd800, 0xf8ff},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb}, {0xfffe, 0xffff},
		    {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff}};

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
		if (c >= not [i].first && c <= not [i].last)
			return false;
	}
	return true;
}

static bool is_printable_text(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		unsigned long c = 0;
		int used = UTF8_getc((const unsigned char *)text,
				     left < INT_MAX ? (int)left : INT_MAX, &c);

		if (used <= 0 || !is_printable(c))
			return false;
		text += used;
		left -= (size_t)used;
	}
	return true;
}

static enum ota_err hash_name(const char *text, const uint8_t *space, uint8_t uuid[OTA_UUID_SIZE],
			      struct ota_diag *diag)
{
	uint8_t sha1[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum ota_err err = OTA_OK;

	if (!ctx || EVP_DigestInit_ex2(ctx, EVP_sha1(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, space, OTA_UUID_SIZE) != 1 ||
	    EVP_DigestUpdate(ctx, text, strlen(text)) != 1 ||
	    EVP_DigestFinal_ex(ctx, sha1, NULL) != 1)
		err = ota_fail_openssl(diag, "SHA-1");
	EVP_MD_CTX_free(ctx);
	if (err != OTA_OK)
		return err;
	memcpy(uuid, sha1, OTA_UUID_SIZE);
	uuid[6] = (uint8_t)((uuid[6] & 0x0fU) | VERSION_5);
	uuid[8] = (uint8_t)((uuid[8] & 0x3fU) | VARIANT_RFC);
	return OTA_OK;
}

enum ota_err ota_uuid_read(const char *text, const uint8_t *space, uint8_t uuid[OTA_UUID_SIZE],
			   struct ota_diag *diag)
{
	if (read_digits(text, uuid))
		return OTA_OK;
	if (!is_printable_text(text))
		return ota_fail(diag, OTA_E_MALFORMED,
				"is neither a UUID nor a name of printable UTF-8 characters");
	if (!space)
		return ota_fail(diag, OTA_E_USAGE,
				"\"%s\" is a name, and there is no vendor it belongs to", text);
	return hash_name(text, space, uuid, diag);
}
