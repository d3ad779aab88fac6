// SPDX-License-Identifier: Apache-2.0
/*
 * ECDSA signatures as bootloaders read them. Nobody should make such a signature; this answers what
 * a device does with one. Mbed TLS: library/asn1parse.c, mbedtls_asn1_get_tag and get_len.
 */
#include <ota/mcuboot.h>

#define ASN1_INTEGER  0x02U
#define ASN1_SEQUENCE 0x30U

/* A tag and a length of up to four bytes, in any form; the length ends inside the signature. */
static enum ota_err read_tag(struct ota_rd *rd, uint8_t tag, size_t *len)
{
	uint8_t first;

	if (ota_rd_u8(rd) != tag)
		return OTA_E_MALFORMED;
	first = ota_rd_u8(rd);
	*len = first;
	if (first > 0x84U || first == 0x80U)
		return OTA_E_MALFORMED;
	if (first > 0x80U) {
		rd->big = true;
		*len = (size_t)ota_rd_uint(rd, first & 0x7fU);
	}
	if (rd->err != OTA_OK || *len > ota_rd_left(rd))
		return OTA_E_MALFORMED;
	return OTA_OK;
}

/* The number's last `n` bytes; `extra` are those before them. */
static enum ota_err read_number(struct ota_rd *rd, size_t n, uint8_t *out, struct ota_span *extra)
{
	struct ota_span value;
	size_t len = 0;
	enum ota_err err = read_tag(rd, ASN1_INTEGER, &len);

	if (err != OTA_OK)
		return err;
	value = ota_rd_bytes(rd, len);
	*extra = ota_span_head(value, len > n ? len - n : 0);
	value = ota_span_tail(value, extra->len);
	memset(out, 0, n - value.len);
	if (value.len > 0)
		memcpy(out + n - value.len, value.data, value.len);
	return OTA_OK;
}

enum ota_err ota_ecdsa_read_tinycrypt(struct ota_span sig, size_t n, uint8_t *raw)
{
	struct ota_rd rd = ota_rd_init(sig);
	struct ota_span extra;
	size_t len = 0;
	enum ota_err err = read_tag(&rd, ASN1_SEQUENCE, &len);

	if (err == OTA_OK)
		err = read_number(&rd, n, raw, &extra);
	if (err == OTA_OK)
		err = read_number(&rd, n, raw + n, &extra);
	return err;
}

enum ota_err ota_ecdsa_read_mbedtls(struct ota_span sig, size_t n, uint8_t *raw)
{
	struct ota_rd rd = ota_rd_init(sig);
	struct ota_span extra;
	size_t len = 0;
	enum ota_err err = read_tag(&rd, ASN1_SEQUENCE, &len);

	if (err == OTA_OK && len != ota_rd_left(&rd))
		err = OTA_E_MALFORMED;
	for (unsigned i = 0; i < 2 && err == OTA_OK; i++) {
		err = read_number(&rd, n, raw + i * n, &extra);
		if (err == OTA_OK && !ota_span_all(extra, 0))
			err = OTA_E_MALFORMED;
	}
	return err == OTA_OK && ota_rd_left(&rd) != 0 ? OTA_E_MALFORMED : err;
}
