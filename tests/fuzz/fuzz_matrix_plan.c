// SPDX-License-Identifier: Apache-2.0
/*
 * A hostile plan, release list and list of pairs: no crash, no hang, every refusal in words, and a
 * plan that is accepted is one that would be written so.
 */
#include <stdio.h>
#include <stdlib.h>

#include <ota/matrix_plan.h>

#define VERSIONS 3U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need_words(const struct ota_diag *diag)
{
	if (diag->err == OTA_OK || diag->text[0] == '\0')
		abort();
}

static void read_plan(struct ota_span text, struct ota_matrix_plan *plan)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf out = ota_buf_init(SIZE_MAX);
	struct ota_buf twice = ota_buf_init(SIZE_MAX);

	if (ota_matrix_plan_read(text, plan, &diag) != OTA_OK) {
		need_words(&diag);
	} else {
		if (ota_matrix_plan_write(plan, &out, NULL) != OTA_OK)
			abort();
		ota_matrix_plan_free(plan);
		if (ota_matrix_plan_read(ota_buf_span(&out), plan, NULL) != OTA_OK ||
		    ota_matrix_plan_write(plan, &twice, NULL) != OTA_OK ||
		    !ota_span_equal(ota_buf_span(&out), ota_buf_span(&twice)))
			abort();
	}
	ota_buf_free(&twice);
	ota_buf_free(&out);
	ota_matrix_plan_free(plan);
}

static void read_list(struct ota_span text)
{
	struct ota_matrix_names names = {.n = 0};
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_matrix_names_list(&names, "fuzz.yaml", text, &diag) != OTA_OK)
		need_words(&diag);
	for (size_t i = 0; i < names.n; i++) {
		struct ota_version version;

		(void)ota_matrix_version_in_name(names.name[i].path, &version);
	}
	ota_matrix_names_free(&names);
}

static void read_pairs(struct ota_span text, struct ota_matrix_plan *plan)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_version version[VERSIONS] = {{.name = "a"}};

	for (unsigned i = 1; i < VERSIONS; i++) {
		(void)snprintf(version[i].name, sizeof(version[i].name), "1.0.%u", i);
		version[i].has_version = true;
		version[i].version = (struct ota_version){.major = 1, .revision = (uint16_t)i};
	}
	*plan = (struct ota_matrix_plan){.pairs = "from", .both_ways = true};
	plan->version = version;
	plan->n_versions = VERSIONS;
	if (ota_matrix_plan_pairs(plan, text, &diag) != OTA_OK)
		need_words(&diag);
	else if (plan->n_jobs > (size_t)VERSIONS * (VERSIONS - 1))
		abort();
	plan->version = NULL;
	plan->n_versions = 0;
	ota_matrix_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_matrix_plan *plan = calloc(1, sizeof(*plan));
	struct ota_span text = ota_span_of(data, size);

	if (!plan)
		return 0;
	read_plan(text, plan);
	read_list(text);
	read_pairs(text, plan);
	free(plan);
	return 0;
}
