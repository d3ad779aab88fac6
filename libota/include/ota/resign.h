// SPDX-License-Identifier: Apache-2.0
/*
 * Other signatures for an image that is there already: all but the signatures keeps its bytes, so
 * that what was tested is what is released. What is signed is a digest that was checked before.
 */
#ifndef OTA_RESIGN_H
#define OTA_RESIGN_H

#include <ota/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ota_resign_mode {
	OTA_RESIGN_REPLACE = 0, /* new signatures in place of all there are */
	OTA_RESIGN_ADD,         /* new ones behind those there are */
	OTA_RESIGN_STRIP,       /* none */
};

/* What to do; zero is the default of every field. Borrows what it points to. */
struct ota_resign_plan {
	enum ota_resign_mode mode;
	const struct ota_signer *signers; /* none with OTA_RESIGN_STRIP, else one at least */
	size_t n_signers;
	bool full_public_key; /* PUBKEY instead of KEYHASH */
	bool pad_sig;         /* zeros behind an ECDSA signature, up to its largest size less one */
	const struct ota_key *encryption_key; /* private: to check an encrypted image's digest */
};

/*
 * Appends `file`, an image or a slot that holds one, to `out` with other signatures. The image's
 * hash stays and, as a SIG_PURE TLV says, what its signatures are over. Padding moves: a file with
 * padding keeps its size, and its trailer its place at the end. Fills `sig` with the first signer's
 * as it stands in the image. OTA_E_MALFORMED, OTA_E_TRUNCATED: not an image. OTA_E_DIGEST: a wrong
 * digest, or none. OTA_E_REFUSED: bytes behind the image that are no padding, the encryption key
 * does not open it. OTA_E_UNSIGNED: nothing to strip. OTA_E_USAGE: a signer's key that does not go
 * with the image's hash or with a pure signature, no signer, an encrypted image without its key.
 * OTA_E_NO_FIT: no room before the trailer, or in the TLV area. OTA_E_SIGNATURE: one that was made
 * elsewhere is not its key's over this image. OTA_E_ROOM, OTA_E_MEMORY, OTA_E_CRYPTO, and what a
 * signer says.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_resign(const struct ota_resign_plan *plan,
						     struct ota_span file, struct ota_buf *out,
						     struct ota_sig *sig, struct ota_diag *diag);

/* One signature of an image. Borrows from the image. */
struct ota_signature {
	size_t at;                  /* bytes from the start of the image to its TLV */
	uint16_t tlv;               /* enum ota_tlv_type */
	struct ota_span value;      /* without imgtool's zeros behind ECDSA signatures */
	struct ota_span key_hash;   /* of the KEYHASH TLV before it, or empty */
	struct ota_span public_key; /* of the PUBKEY TLV before it, or empty */
};

/* Fills `signature` with the one of that index; OTA_E_ABSENT from their number on. */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_signature(const struct ota_image *image, size_t index,
							struct ota_signature *signature);

/* True when the key TLV before the signature names that key. Says nothing of the signature. */
OTA_API bool ota_signature_names_key(const struct ota_signature *signature,
				     const struct ota_key *key);

#ifdef __cplusplus
}
#endif
#endif
