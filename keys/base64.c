// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>

#include <ota/base64.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL

enum ota_err ota_base64_encode(struct ota_span bytes, struct ota_buf *out, struct ota_diag *diag)
{
	size_t room = sodium_base64_encoded_len(bytes.len, VARIANT); /* with a NUL */
	enum ota_err err = ota_buf_reserve(out, room, diag);

	if (err != OTA_OK)
		return err;
	(void)sodium_bin2base64((char *)out->data + out->len, room, bytes.data, bytes.len, VARIANT);
	out->len += room - 1;
	return OTA_OK;
}

static bool is_digit(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/';
}

/* Its digits and their padding, up to the end of the first group that is padded. */
static enum ota_err keep_digits(struct ota_span text, struct ota_buf *digits, struct ota_diag *diag)
{
	enum ota_err err = ota_buf_reserve(digits, text.len, diag);
	size_t pads = 0;
	size_t n = 0;

	for (size_t i = 0; err == OTA_OK && i < text.len && (pads == 0 || n % 4 != 0); i++) {
		uint8_t c = text.data[i];

		if (is_digit(c)) {
			/* The padding before it was none. */
			n -= pads;
			pads = 0;
		} else if (c == '=' && n % 4 >= 2) {
			pads++;
		} else {
			continue;
		}
		digits->data[n++] = c;
	}
	digits->len = n;
	return err;
}

enum ota_err ota_base64_decode(struct ota_span text, struct ota_buf *out, struct ota_diag *diag)
{
	struct ota_buf digits = ota_buf_init(text.len);
	size_t len = 0;
	enum ota_err err = keep_digits(text, &digits, diag);

	if (err == OTA_OK && digits.len % 4 != 0)
		err = ota_fail(diag, OTA_E_MALFORMED, "is not base64: its last group is cut off");
	if (err == OTA_OK)
		err = ota_buf_reserve(out, digits.len / 4 * 3, diag);
	if (err == OTA_OK && digits.len > 0 &&
	    sodium_base642bin(out->data + out->len, digits.len / 4 * 3, (const char *)digits.data,
			      digits.len, NULL, &len, NULL, VARIANT) != 0)
		err = ota_fail(diag, OTA_E_MALFORMED, "is not base64");
	if (err == OTA_OK)
		out->len += len;
	ota_buf_free(&digits);
	return err;
}
