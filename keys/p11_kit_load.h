// SPDX-License-Identifier: Apache-2.0
/*
 * p11-kit, loaded when the first token's URI is read: it and what it needs cost every start about a
 * tenth, and few keys are in tokens.
 */
#ifndef P11_KIT_LOAD_H
#define P11_KIT_LOAD_H

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include <ota/diag.h>

/* Every function of p11-kit that is called, without its p11_kit_. */
#define P11_KIT_FUNCTIONS(X)                                                                       \
	X(message)                                                                                 \
	X(module_finalize)                                                                         \
	X(module_initialize)                                                                       \
	X(module_load)                                                                             \
	X(module_release)                                                                          \
	X(uri_any_unrecognized)                                                                    \
	X(uri_free)                                                                                \
	X(uri_get_attribute)                                                                       \
	X(uri_get_module_name)                                                                     \
	X(uri_get_module_path)                                                                     \
	X(uri_get_pin_source)                                                                      \
	X(uri_get_pin_value)                                                                       \
	X(uri_get_slot_id)                                                                         \
	X(uri_match_module_info)                                                                   \
	X(uri_match_slot_info)                                                                     \
	X(uri_match_token_info)                                                                    \
	X(uri_new)                                                                                 \
	X(uri_parse)

/* Typed by p11-kit's own headers, so that a call is checked as a direct one would be. */
struct p11_kit {
#define P11_KIT_FIELD(name) __typeof__(&p11_kit_##name) name;
	P11_KIT_FUNCTIONS(P11_KIT_FIELD)
#undef P11_KIT_FIELD
};

/* Loads p11-kit unless it is loaded. OTA_E_IO: it is not installed, or lacks a function. */
OTA_MUST_CHECK enum ota_err ota_p11_kit_load(struct ota_diag *diag);

/* p11-kit's functions. Only after ota_p11_kit_load has given OTA_OK. */
const struct p11_kit *ota_p11_kit(void);

#endif
