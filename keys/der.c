// SPDX-License-Identifier: Apache-2.0
/* DER as X.690 has it. OpenSSL finds tags and lengths; what is left to do is to insist. */
#include <limits.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

#include "key_form.h"

#define LEVELS_MAX 8U

/* ASN1_get_object's answer. */
#define GET_OBJECT_FAILED     0x80
#define GET_OBJECT_INDEFINITE 0x01

bool ota_der_next(struct ota_span *rest, struct der_item *item)
{
	const unsigned char *at = rest->data;
	long len = 0;
	size_t header;
	int found;

	*item = (struct der_item){.tag = 0};
	if (rest->len == 0 || rest->len > INT_MAX)
		return false;
	found = ASN1_get_object(&at, &len, &item->tag, &item->class, (long)rest->len);
	ERR_clear_error();
	if (found & (GET_OBJECT_FAILED | GET_OBJECT_INDEFINITE))
		return false;
	header = (size_t)(at - rest->data);
	item->constructed = found & V_ASN1_CONSTRUCTED;
	item->body = ota_span_sub(*rest, header, (size_t)len);
	item->whole = ota_span_head(*rest, header + (size_t)len);
	*rest = ota_span_tail(*rest, header + (size_t)len);
	return true;
}

static bool integer_is_strict(struct ota_span body)
{
	if (body.len < 2)
		return body.len == 1;
	/* Nine equal bits in front are one byte too many. */
	return !(body.data[0] == 0 && body.data[1] < 0x80) &&
	       !(body.data[0] == 0xff && body.data[1] >= 0x80);
}

static bool item_is_strict(const struct der_item *item)
{
	bool is_container = item->tag == V_ASN1_SEQUENCE || item->tag == V_ASN1_SET;
	int size = ASN1_object_size(item->constructed, (int)item->body.len, item->tag);

	/* The shortest tag and length. */
	if (size < 0 || (size_t)size != item->whole.len)
		return false;
	if (item->class != V_ASN1_UNIVERSAL)
		return true;
	if (item->tag == V_ASN1_EOC || item->constructed != is_container)
		return false;
	switch (item->tag) {
	case V_ASN1_INTEGER:
	case V_ASN1_ENUMERATED:
		return integer_is_strict(item->body);
	case V_ASN1_BOOLEAN:
		return item->body.len == 1 &&
		       (item->body.data[0] == 0 || item->body.data[0] == 0xff);
	case V_ASN1_NULL:
		return item->body.len == 0;
	case V_ASN1_BIT_STRING:
		/* Whole bytes: keys have no others, and unused bits are room to play in. */
		return item->body.len > 0 && item->body.data[0] == 0;
	default:
		return true;
	}
}

static bool items_are_strict(struct ota_span rest, unsigned level)
{
	struct der_item item;

	while (rest.len > 0) {
		if (level > LEVELS_MAX || !ota_der_next(&rest, &item) || !item_is_strict(&item) ||
		    (item.constructed && !items_are_strict(item.body, level + 1)))
			return false;
	}
	return true;
}

bool ota_der_is_strict(struct ota_span der)
{
	struct ota_span rest = der;
	struct der_item item;

	return ota_der_next(&rest, &item) && rest.len == 0 && items_are_strict(der, 1);
}
