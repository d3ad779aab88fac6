// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <stdio.h>

#include <openssl/crypto.h>

#include "p11_kit_load.h"

/* Written once, by load_once. */
static struct p11_kit functions;
static char why_not[200];
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

/* ISO C has no cast from an object's address to a function's; POSIX says that the bytes do. */
static void find(void *library, const char *name, void *function, size_t size)
{
	void *address = dlsym(library, name);

	if (address)
		memcpy(function, &address, size);
	else
		(void)snprintf(why_not, sizeof(why_not), "%s has no %s", OTA_P11KIT_LIBRARY, name);
}

static void load_once(void)
{
	/* All of it is bound at once, as what is linked is: see "-z now" in cmake/OtaBuild.cmake.
	 */
	void *library = dlopen(OTA_P11KIT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char *words;

	if (!library) {
		words = dlerror();
		(void)snprintf(why_not, sizeof(why_not), "%s", words ? words : OTA_P11KIT_LIBRARY);
		return;
	}
#define FIND(name) find(library, "p11_kit_" #name, &functions.name, sizeof(functions.name));
	P11_KIT_FUNCTIONS(FIND)
#undef FIND
}

enum ota_err ota_p11_kit_load(struct ota_diag *diag)
{
	if (CRYPTO_THREAD_run_once(&once, load_once) != 1)
		return ota_fail(diag, OTA_E_CRYPTO, "p11-kit cannot be loaded");
	if (why_not[0] == '\0')
		return OTA_OK;
	return ota_fail(diag, OTA_E_IO, "p11-kit is not installed: %s", why_not);
}

const struct p11_kit *ota_p11_kit(void)
{
	return &functions;
}
