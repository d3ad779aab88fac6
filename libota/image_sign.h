// SPDX-License-Identifier: Apache-2.0
/* One signature group of an image: KEYHASH or PUBKEY, and the signature. */
#ifndef IMAGE_SIGN_H
#define IMAGE_SIGN_H

#include <ota/image.h>

/* How groups are written. */
struct signature_rules {
	enum ota_hash hash; /* the image's */
	bool full_public_key;
	bool pad_sig;
};

/*
 * OTA_E_USAGE: no key, one that does not sign, does not go with the hash, or with a pure signature:
 * those are Ed25519's and go with SHA-512.
 */
OTA_MUST_CHECK enum ota_err ota_signer_check(const struct ota_signer *signer, enum ota_hash hash,
					     bool pure, struct ota_diag *diag);

/*
 * Has the signature made, verifies it with the signer's key and pads it with `pad_sig`. Fills
 * `sig`. Errors as ota_signature_group_write.
 */
OTA_MUST_CHECK enum ota_err ota_signature_make(const struct ota_signer *signer, bool pad_sig,
					       const struct ota_to_sign *to_sign,
					       struct ota_sig *sig, struct ota_diag *diag);

/* Most bytes of a group's two TLVs. */
size_t ota_signature_group_max(const struct ota_signer *signer,
			       const struct signature_rules *rules);

/* The same to the byte but for an ECDSA signature, which is counted as long as it can get. */
size_t ota_signature_group_most(const struct ota_signer *signer,
				const struct signature_rules *rules);

/*
 * Has the signature made, verifies it with the signer's key, pads it when the rules say so and
 * writes both TLVs. Fills `sig` with what was written. OTA_E_USAGE: the key does not go with the
 * hash, or with a pure signature. OTA_E_SIGNATURE: made elsewhere, and not this key's. OTA_E_ROOM.
 */
OTA_MUST_CHECK enum ota_err ota_signature_group_write(struct ota_wr *wr,
						      const struct ota_signer *signer,
						      const struct signature_rules *rules,
						      const struct ota_to_sign *to_sign,
						      struct ota_sig *sig, struct ota_diag *diag);

#endif
