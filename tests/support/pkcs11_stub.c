// SPDX-License-Identifier: Apache-2.0
/*
 * A PKCS#11 module for tests: one token with one P-256 key pair (RFC 6979, A.2.5), PIN 1234, whose
 * OTA_STUB in the environment says what goes wrong, as one word. What is not cleaned up before
 * C_Finalize aborts the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <p11-kit/pkcs11.h>

#define PIN         "1234"
#define SESSION     7UL
#define PRIVATE_KEY 1UL
#define PUBLIC_KEY  2UL
#define FIRST_COPY  100UL /* more private keys, and their public parts behind them */
#define FIRST_OTHER 200UL
#define N_MANY      40UL
#define SIG_LEN     64UL

static const unsigned char scalar[32] = {0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16,
					 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
					 0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12,
					 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21};

/* SubjectPublicKeyInfo; its tails are the BIT STRING and the raw point. */
static const unsigned char spki[91] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
	0x04, 0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31, 0xc9, 0x61, 0xeb, 0x74,
	0xc6, 0x35, 0x6d, 0x68, 0xc0, 0x49, 0xb8, 0x92, 0x3b, 0x61, 0xfa, 0x6c, 0xe6,
	0x69, 0x62, 0x2e, 0x60, 0xf2, 0x9f, 0xb6, 0x79, 0x03, 0xfe, 0x10, 0x08, 0xb8,
	0xbc, 0x99, 0xa4, 0x1a, 0xe9, 0xe9, 0x56, 0x28, 0xbc, 0x64, 0xf2, 0xf1, 0xb2,
	0x0c, 0x2d, 0x7e, 0x9f, 0x51, 0x77, 0xa3, 0xc2, 0x94, 0xd4, 0x46, 0x22, 0x99};
#define CURVE     (spki + 13)
#define CURVE_LEN 10U
#define BITS      (spki + 23)
#define BITS_LEN  68U
#define RAW       (spki + 26)
#define RAW_LEN   65U

/* A public key that does not sign: base point 9. */
static const unsigned char x25519[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b,
					 0x65, 0x6e, 0x03, 0x21, 0x00, 0x09};

static CK_OBJECT_HANDLE found[2 * N_MANY + 2];
static CK_ULONG n_found, at_found;
static int is_initialised, n_open, is_logged_in, is_signing, is_authentic;

static int is_case(const char *word)
{
	const char *chosen = getenv("OTA_STUB");

	return chosen && strcmp(chosen, word) == 0;
}

static void put_padded(unsigned char *field, size_t cap, const char *text)
{
	memset(field, ' ', cap);
	memcpy(field, text, strlen(text));
}

static CK_RV initialize(void *args)
{
	(void)args;
	if (is_case("init-fails"))
		return CKR_GENERAL_ERROR;
	is_initialised = 1;
	return CKR_OK;
}

static CK_RV finalize(void *reserved)
{
	(void)reserved;
	if (!is_initialised || n_open > 0 || is_logged_in) {
		fputs("pkcs11_stub: finalized with an open session or a login\n", stderr);
		abort();
	}
	is_initialised = 0;
	return CKR_OK;
}

static CK_RV get_info(CK_INFO *info)
{
	memset(info, 0, sizeof(*info));
	info->cryptokiVersion.major = 2;
	info->cryptokiVersion.minor = 40;
	put_padded(info->manufacturerID, sizeof(info->manufacturerID), "stub");
	put_padded(info->libraryDescription, sizeof(info->libraryDescription), "stub");
	return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n)
{
	CK_ULONG have = is_case("no-tokens") ? 0 : is_case("one-token") ? 1 : 3;

	(void)present;
	if (is_case("huge-slot-list"))
		have = 1UL << 40;
	if (slots && *n >= have) {
		for (CK_ULONG i = 0; i < have; i++)
			slots[i] = i;
	} else if (slots && !is_case("huge-slot-list")) {
		return CKR_BUFFER_TOO_SMALL;
	}
	*n = have;
	return CKR_OK;
}

static CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	(void)slot;
	memset(info, 0, sizeof(*info));
	put_padded(info->slotDescription, sizeof(info->slotDescription), "stub slot");
	put_padded(info->manufacturerID, sizeof(info->manufacturerID), "stub");
	info->flags = CKF_TOKEN_PRESENT;
	return CKR_OK;
}

/* Slot 0 has the token, slot 1 one that was never initialised, slot 2 a second when asked for. */
static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
	if (slot == 2 && is_case("slot-fails"))
		return CKR_DEVICE_ERROR;
	memset(info, 0, sizeof(*info));
	put_padded(info->label, sizeof(info->label), "stub token");
	if (is_case("odd-label"))
		memcpy(info->label, "a\x1b[2Jb\0c", 8);
	put_padded(info->manufacturerID, sizeof(info->manufacturerID), "stub");
	put_padded(info->model, sizeof(info->model), "stub");
	put_padded(info->serialNumber, sizeof(info->serialNumber), slot == 2 ? "0002" : "0001");
	info->ulMinPinLen = 4;
	info->ulMaxPinLen = 8;
	info->flags = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;
	if (slot == 1 || (slot == 2 && !is_case("two-tokens")))
		info->flags = 0;
	if (!is_case("no-login"))
		info->flags |= CKF_LOGIN_REQUIRED;
	if (is_case("pad"))
		info->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
	if (is_case("pin-final-try"))
		info->flags |= CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW;
	if (is_case("pin-locks"))
		info->flags |= CKF_USER_PIN_LOCKED;
	if (is_case("pin-low"))
		info->flags |= CKF_USER_PIN_COUNT_LOW;
	return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
			  CK_SESSION_HANDLE *session)
{
	(void)slot;
	(void)application;
	(void)notify;
	if (is_case("session-fails") || !(flags & CKF_SERIAL_SESSION))
		return CKR_SESSION_COUNT;
	n_open++;
	*session = SESSION;
	return CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
	(void)session;
	n_open--;
	if (n_open == 0)
		is_logged_in = 0;
	return CKR_OK;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
	(void)session;
	if (is_case("pin-locked"))
		return CKR_PIN_LOCKED;
	if (is_case("login-fails"))
		return CKR_DEVICE_ERROR;
	if (is_case("already-logged-in"))
		return CKR_USER_ALREADY_LOGGED_IN;
	if (is_case("pad") && pin)
		return CKR_ARGUMENTS_BAD;
	if (!is_case("pad") && (len < 4 || len > 8))
		return CKR_PIN_LEN_RANGE;
	if (!is_case("pad") && (!pin || len != strlen(PIN) || memcmp(pin, PIN, len) != 0))
		return CKR_PIN_INCORRECT;
	if (user == CKU_CONTEXT_SPECIFIC) {
		if (!is_signing)
			return CKR_OPERATION_NOT_INITIALIZED;
		is_authentic = 1;
		return is_case("asks-again-fails") ? CKR_PIN_INCORRECT : CKR_OK;
	}
	if (is_logged_in)
		return CKR_USER_ALREADY_LOGGED_IN;
	is_logged_in = 1;
	return CKR_OK;
}

static CK_RV logout(CK_SESSION_HANDLE session)
{
	(void)session;
	is_logged_in = 0;
	return CKR_OK;
}

static void add_found(CK_OBJECT_HANDLE object)
{
	found[n_found++] = object;
}

static CK_RV find_objects_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	int sees_private = is_logged_in || is_case("no-login") || is_case("already-logged-in");
	CK_ULONG copies = is_case("many-keys") ? N_MANY : is_case("two-keys") ? 1 : 0;
	CK_OBJECT_CLASS class = 0;

	(void)session;
	if (n != 1 || attributes[0].type != CKA_CLASS || is_case("find-fails"))
		return CKR_FUNCTION_FAILED;
	memcpy(&class, attributes[0].pValue, sizeof(class));
	n_found = 0;
	at_found = 0;
	if (is_case("no-keys"))
		return CKR_OK;
	if (class == CKO_PRIVATE_KEY && sees_private && !is_case("public-only")) {
		add_found(PRIVATE_KEY);
		for (CK_ULONG i = 0; i < copies; i++)
			add_found(FIRST_COPY + i);
	}
	if (class == CKO_PUBLIC_KEY && !is_case("no-public-part") && !is_case("public-info") &&
	    !is_case("bad-public-info") && !is_case("x25519-info"))
		add_found(PUBLIC_KEY);
	if (class == CKO_PUBLIC_KEY && (is_case("several-public") || is_case("no-id-several")))
		add_found(FIRST_OTHER);
	return CKR_OK;
}

static CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG cap,
			  CK_ULONG *n)
{
	(void)session;
	if (is_case("find-fails-late"))
		return CKR_DEVICE_REMOVED;
	*n = 0;
	while (*n < cap && at_found < n_found)
		objects[(*n)++] = found[at_found++];
	return CKR_OK;
}

static CK_RV find_objects_final(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_OK;
}

static CK_RV put(CK_ATTRIBUTE *attribute, const void *value, CK_ULONG len)
{
	CK_ULONG cap = attribute->ulValueLen;

	attribute->ulValueLen = len;
	if (!attribute->pValue)
		return CKR_OK;
	if (cap < len) {
		attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	memcpy(attribute->pValue, value, len);
	return CKR_OK;
}

static CK_RV put_none(CK_ATTRIBUTE *attribute)
{
	attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

static CK_RV put_point(CK_ATTRIBUTE *attribute)
{
	unsigned char octets[2 + RAW_LEN] = {0x04, RAW_LEN};

	memcpy(octets + 2, RAW, RAW_LEN);
	if (is_case("point-raw"))
		return put(attribute, RAW, RAW_LEN);
	if (is_case("point-bits"))
		return put(attribute, BITS, BITS_LEN);
	if (is_case("point-compressed")) {
		octets[1] = 33;
		octets[2] = 0x03; /* y is odd */
		return put(attribute, octets, 2 + 33);
	}
	if (is_case("point-short"))
		return put(attribute, octets, sizeof(octets) - 1);
	if (is_case("point-off-curve"))
		octets[sizeof(octets) - 1] ^= 1;
	return put(attribute, octets, sizeof(octets));
}

static CK_RV get_one(CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute)
{
	int is_private = object == PRIVATE_KEY || (object >= FIRST_COPY && object < FIRST_OTHER);
	CK_KEY_TYPE type = is_case("other-type") ? CKK_DSA : CKK_EC;
	int has_no_id = is_case("no-id") || is_case("no-id-several");
	unsigned char id[2] = {0x01, 0xa2};
	CK_BBOOL asks = is_case("asks-again") || is_case("asks-again-fails") ? CK_TRUE : CK_FALSE;

	if (object >= FIRST_COPY)
		id[0] = (unsigned char)object;
	if (is_case("other-id") && !is_private)
		id[1] = 0;
	switch (attribute->type) {
	case CKA_KEY_TYPE:
		if (is_case("no-type"))
			return put_none(attribute);
		return put(attribute, &type, sizeof(type));
	case CKA_ID:
		return has_no_id ? put_none(attribute) : put(attribute, id, sizeof(id));
	case CKA_LABEL:
		return put(attribute, "sign key", 8);
	case CKA_ALWAYS_AUTHENTICATE:
		return is_private ? put(attribute, &asks, sizeof(asks)) : put_none(attribute);
	case CKA_EC_PARAMS:
		if (is_case("other-type"))
			return put_none(attribute);
		return is_case("other-curve") ? put(attribute, "\x06\x05\x2b\x81\x04\x00\x23", 7)
					      : put(attribute, CURVE, CURVE_LEN);
	case CKA_EC_POINT:
		return (is_private && !is_case("point-in-private")) || is_case("no-point")
			       ? put_none(attribute)
			       : put_point(attribute);
	case CKA_PUBLIC_KEY_INFO:
		if (is_case("x25519-info"))
			return put(attribute, x25519, sizeof(x25519));
		if (is_case("bad-public-info"))
			return put(attribute, spki, sizeof(spki) - 1);
		return is_case("public-info") ? put(attribute, spki, sizeof(spki))
					      : put_none(attribute);
	case CKA_VALUE:
		attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	default:
		return put_none(attribute);
	}
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
				 CK_ATTRIBUTE *attributes, CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	(void)session;
	if (is_case("attribute-fails"))
		return CKR_DEVICE_ERROR;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_RV one = get_one(object, &attributes[i]);

		if (one != CKR_OK)
			rv = one;
	}
	return rv;
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
	(void)session;
	if (is_case("no-mechanism") || mechanism->mechanism != CKM_ECDSA || key != PRIVATE_KEY)
		return CKR_MECHANISM_INVALID;
	is_signing = 1;
	is_authentic = !is_case("asks-again") && !is_case("asks-again-fails");
	return CKR_OK;
}

static EVP_PKEY *test_key(void)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *secret = BN_bin2bn(scalar, sizeof(scalar), NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, RAW, RAW_LEN);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret);
	params = OSSL_PARAM_BLD_to_param(build);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		abort();
	OSSL_PARAM_free(params);
	BN_free(secret);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* r and s, of 32 bytes each. With "high-s" s is the larger of the two that there are. */
static void sign_with_openssl(const unsigned char *data, size_t len, unsigned char *raw)
{
	EVP_PKEY *pkey = test_key();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	unsigned char der[80];
	const unsigned char *at = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig = NULL;
	BIGNUM *order = NULL;
	BIGNUM *other = BN_new();
	const BIGNUM *s = NULL;

	if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_sign(ctx, der, &der_len, data, len) != 1)
		abort();
	sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
	EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &order);
	s = ECDSA_SIG_get0_s(sig);
	BN_sub(other, order, s);
	if (is_case("high-s") && BN_cmp(other, s) > 0)
		s = other;
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(s, raw + 32, 32);
	BN_free(other);
	BN_free(order);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

static CK_RV sign(CK_SESSION_HANDLE session, unsigned char *data, CK_ULONG len, unsigned char *sig,
		  CK_ULONG *sig_len)
{
	(void)session;
	if (!is_signing || !is_authentic ||
	    !(is_logged_in || is_case("no-login") || is_case("already-logged-in")))
		return CKR_USER_NOT_LOGGED_IN;
	is_signing = 0;
	if (is_case("sign-fails"))
		return CKR_DEVICE_ERROR;
	if (is_case("device-removed"))
		return CKR_DEVICE_REMOVED;
	if (is_case("vendor-error"))
		return CKR_VENDOR_DEFINED + 0x42;
	if (is_case("buffer-too-small") || *sig_len < SIG_LEN)
		return CKR_BUFFER_TOO_SMALL;
	sign_with_openssl(data, len, sig);
	*sig_len = SIG_LEN;
	if (is_case("wrong-signature"))
		sig[40] ^= 1;
	if (is_case("zero-signature"))
		memset(sig, 0, SIG_LEN);
	if (is_case("short-signature"))
		*sig_len = SIG_LEN - 1;
	if (is_case("empty-signature"))
		*sig_len = 0;
	if (is_case("huge-length"))
		*sig_len = 1UL << 40;
	return CKR_OK;
}

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	static CK_FUNCTION_LIST functions = {
		.version = {2, 40},
		.C_Initialize = initialize,
		.C_Finalize = finalize,
		.C_GetInfo = get_info,
		.C_GetFunctionList = C_GetFunctionList,
		.C_GetSlotList = get_slot_list,
		.C_GetSlotInfo = get_slot_info,
		.C_GetTokenInfo = get_token_info,
		.C_OpenSession = open_session,
		.C_CloseSession = close_session,
		.C_Login = login,
		.C_Logout = logout,
		.C_FindObjectsInit = find_objects_init,
		.C_FindObjects = find_objects,
		.C_FindObjectsFinal = find_objects_final,
		.C_GetAttributeValue = get_attribute_value,
		.C_SignInit = sign_init,
		.C_Sign = sign,
	};

	*list = &functions;
	return CKR_OK;
}
