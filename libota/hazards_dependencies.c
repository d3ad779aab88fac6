// SPDX-License-Identifier: Apache-2.0
/*
 * What the new image asks of the other images of a device: boot_verify_dependencies in
 * boot/bootutil/src/loader.c:139-363 of MCUboot 2d4bacc3c15e. Builds are compared without their
 * build number (bootutil_loader.c:199-247).
 */
#include <inttypes.h>

#include "grouped.h"
#include "hazards.h"

#define SOURCE "boot/bootutil/src/loader.c:154-287, boot/bootutil/src/loader.c:298-363"

struct question {
	const struct ota_update *update;
	const struct ota_target *target;
	const struct ota_budget_options *options;
	struct ota_budget *budget;
	/* A hostile image has thousands of them: the first of each kind is put into words. */
	unsigned met, unmet, unknown;
};

/* What a dependency that is not met does: "MCUboot takes it for never met: it ..." */
static const char *consequence(const struct ota_target *target)
{
	switch (target->layout.mode) {
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
	case OTA_MODE_RAM_LOAD:
		return "passes over the new image, and runs what the other slot has";
	case OTA_MODE_SWAP_SCRATCH:
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		break;
	}
	return "upgrades none of its images, and the old ones go on";
}

static void because(const struct question *question, struct ota_budget_finding *finding,
		    const char *when, const char *remedy)
{
	ota_hazard_because(finding, "", remedy, SOURCE);
	(void)snprintf(finding->why, sizeof(finding->why), "%s %s", when,
		       consequence(question->target));
}

/* The version that will be in that image's slot; false when nobody said it. */
static bool version_of(const struct question *question, uint8_t image_id,
		       struct ota_version *version)
{
	const struct ota_budget_options *options = question->options;

	if (image_id == question->target->selected) {
		*version = question->update->new_image->header.version;
		return true;
	}
	for (unsigned i = 0; i < options->n_installed; i++) {
		if (options->installed[i].image_id == image_id) {
			*version = options->installed[i].version;
			return true;
		}
	}
	if (image_id < question->target->n_images &&
	    question->target->image[image_id].has_version) {
		*version = question->target->image[image_id].version;
		return true;
	}
	return false;
}

static bool is_less(const struct ota_version *a, const struct ota_version *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	if (a->minor != b->minor)
		return a->minor < b->minor;
	return a->revision < b->revision;
}

static void find_unmet(struct question *question, const struct ota_dependency *wants,
		       const struct ota_version *has)
{
	const struct ota_version *least = &wants->version;

	if (question->unmet++ > 0)
		return;
	because(question,
		ota_budget_find(question->budget, "dependency-not-met", OTA_SEVERITY_FAILURE,
				"the new image needs image %u at version %u.%u.%u or higher, it "
				"will be %u.%u.%u",
				wants->image_id, least->major, least->minor, least->revision,
				has->major, has->minor, has->revision),
		"MCUboot then", "update that image first, or at the same time");
}

static void find_unknown(struct question *question, const struct ota_dependency *wants)
{
	const struct ota_version *least = &wants->version;
	struct ota_budget_finding *finding;

	if (question->unknown++ > 0)
		return;
	finding = ota_budget_find(question->budget, "dependency-unknown", OTA_SEVERITY_WARNING,
				  "the new image needs image %u at version %u.%u.%u or higher, and "
				  "what is installed is not known",
				  wants->image_id, least->major, least->minor, least->revision);
	because(question, finding, "where it is older MCUboot", "");
	(void)snprintf(finding->remedy, sizeof(finding->remedy),
		       "give --installed %u=VERSION, or its version in the profile's images",
		       wants->image_id);
}

static void find_met(struct question *question, const struct ota_dependency *wants,
		     const struct ota_version *has)
{
	const struct ota_version *least = &wants->version;

	if (question->met++ > 0)
		return;
	ota_hazard_because(ota_budget_find(question->budget, "dependency-met", OTA_SEVERITY_NOTE,
					   "the new image needs image %u at version %u.%u.%u or "
					   "higher, it will be %u.%u.%u",
					   wants->image_id, least->major, least->minor,
					   least->revision, has->major, has->minor, has->revision),
			   "", "", SOURCE);
}

static void judge(struct question *question, const struct ota_dependency *wants)
{
	struct ota_version has;

	if (wants->image_id >= question->target->n_images) {
		if (question->unmet++ == 0)
			because(question,
				ota_budget_find(question->budget, "dependency-not-met",
						OTA_SEVERITY_FAILURE,
						"the new image needs image %u, the device has "
						"images 0 to %u",
						wants->image_id, question->target->n_images - 1),
				"MCUboot takes such a dependency for never met: it",
				"sign the new image for this device");
		return;
	}
	if (!version_of(question, wants->image_id, &has))
		find_unknown(question, wants);
	else if (is_less(&has, &wants->version))
		find_unmet(question, wants, &has);
	else
		find_met(question, wants, &has);
}

/* Of another length: the bootloader gives up on the image. */
static void find_malformed(struct question *question, const struct ota_tlv *tlv)
{
	if (question->unmet++ > 0)
		return;
	because(question,
		ota_budget_find(question->budget, "dependency-not-met", OTA_SEVERITY_FAILURE,
				"a dependency of the new image is %s bytes, not %u",
				GROUPED(tlv->value.len), OTA_TLV_DEPENDENCY_SIZE),
		"MCUboot takes it for never met: it", "sign the new image again");
}

static void see(struct question *question, const struct ota_tlv *tlv)
{
	struct ota_rd rd = ota_rd_init(tlv->value);
	struct ota_dependency wants;

	rd.big = question->update->new_image->big_endian;
	if (tlv->value.len != OTA_TLV_DEPENDENCY_SIZE) {
		find_malformed(question, tlv);
		return;
	}
	wants.image_id = ota_rd_u8(&rd);
	(void)ota_rd_bytes(&rd, 3); /* padding */
	wants.version = ota_version_read(&rd);
	judge(question, &wants);
}

/*
 * Other images' dependencies are in flash, where this program does not see them. They name the
 * lowest version, so one that the old image met is met by a version that is no lower.
 */
static void find_others(const struct ota_update *update, const struct ota_target *target,
			struct ota_budget *budget)
{
	if (update->old_image &&
	    !is_less(&update->new_image->header.version, &update->old_image->header.version))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "dependencies-of-others", OTA_SEVERITY_NOTE,
				"the device has %u images: what the others need of this one was "
				"not checked, and its version %s",
				target->n_images,
				update->old_image ? "is lower than before" : "before is not known"),
		"MCUboot keeps to the versions that installed images need of each other", "",
		SOURCE);
}

static void find_ignored(unsigned n, struct ota_budget *budget)
{
	ota_hazard_because(ota_budget_find(budget, "dependency-ignored", OTA_SEVERITY_NOTE,
					   "the new image has %u dependenc%s, the device one image",
					   n, n == 1 ? "y" : "ies"),
			   "a bootloader for one image does not look at dependencies", "", SOURCE);
}

void ota_hazards_of_dependencies(const struct ota_update *update, const struct ota_target *target,
				 const struct ota_budget_options *options,
				 struct ota_budget *budget)
{
	struct question question = {update, target, options, budget, 0, 0, 0};
	struct ota_tlv_iter iter = ota_tlv_iter_init(&update->new_image->areas);
	struct ota_tlv tlv;
	unsigned n = 0;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		/* Only protected ones are read. */
		if (tlv.type != OTA_TLV_DEPENDENCY || !tlv.is_protected)
			continue;
		n++;
		if (target->n_images > 1)
			see(&question, &tlv);
	}
	if (target->n_images > 1)
		find_others(update, target, budget);
	else if (n > 0)
		find_ignored(n, budget);
}
