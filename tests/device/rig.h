// SPDX-License-Identifier: Apache-2.0
/*
 * Firmware that runs the update agent of examples/device over a flash model, and takes its power
 * away. What to run is in a file that the host gives by name; see rig_config.c for its words.
 */
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "flash_model.h"

/* Parts of the flash model. */
enum rig_part {
	RIG_PRIMARY,
	RIG_SECONDARY,
	RIG_JOURNAL,
	RIG_PATCH,
};
#define RIG_PARTS 4U

#define RIG_NAME_MAX  256U
#define RIG_CUTS_MAX  3U
#define RIG_WISHES    8U
#define RIG_POINTS    512U
#define RIG_TRACE_MAX 0x40000U

/* A host file in memory. */
struct rig_file {
	const uint8_t *bytes;
	uint32_t len;
};

/* How cut points are chosen. */
enum rig_choice {
	RIG_CUT_JOURNAL, /* each n-th operation on the journal */
	RIG_CUT_EVERY,   /* each n-th operation */
	RIG_CUT_RANDOM,  /* n points */
	RIG_CUT_TWICE,   /* n points, with one or two cuts more in what follows */
};

struct rig_wish {
	enum rig_choice choice;
	uint32_t n;
};

enum rig_source {
	RIG_STORED,   /* in part patch */
	RIG_STREAMED, /* a link sends it, and begins again when power was lost */
	RIG_TAIL,     /* in the secondary's last erase units before its trailer */
};

/* What the host asks for. */
struct rig_config {
	struct rig_file load[RIG_PARTS]; /* what a part holds to begin with */
	struct rig_file patch;
	struct rig_file expect; /* new, as it must come out; empty: a refusal is wanted */
	enum rig_source source;
	bool in_place;
	bool permanent;
	bool is_signed;            /* bare patches are not taken */
	uint32_t every;            /* checkpoint every so many erase units */
	uint32_t first;            /* bytes before the image in the secondary */
	uint32_t trailer;          /* bytes of a slot that are not for images */
	uint32_t max_align;        /* MCUboot's */
	uint32_t floor;            /* lowest security counter */
	bool resumes;              /* what was done before a cut may not be done again */
	char verify[RIG_NAME_MAX]; /* command that answers for a signature; empty: none is good */
	char dump[RIG_NAME_MAX];   /* where parts are written after the first run; empty: nowhere */
	struct rig_wish wish[RIG_WISHES];
	uint32_t wishes;
	uint32_t point[RIG_POINTS];
	uint32_t points;
	uint32_t seed;
};

/* One run: where power is lost, counted in operations since that start-up; 0: no more. */
struct rig_run {
	uint32_t at[RIG_CUTS_MAX];
	enum flash_cut cut;
	uint32_t seed;
};

/* Memory that is never given back; dies when it is used up. `align` 4. */
void *rig_memory(uint32_t size);

/* What is left of it, to be filled before it is asked for. */
void *rig_memory_left(uint32_t *size);

/* Reads the file of that name into `config` and the model's parts. Dies with words. */
void rig_config_read(const char *name, struct rig_config *config, struct flash_model *model);

/* Runs after the first one, whose trace the model holds, by where they are cut first; fills `n`. */
const struct rig_run *rig_plan(const struct rig_config *config, const struct flash_model *model,
			       uint32_t *n);

/* Puts the patch where it lies before the agent begins. False: it does not fit. */
bool rig_agent_stores_patch(const struct rig_config *config, struct flash_model *model);

/* What a start-up came to. */
enum rig_outcome {
	RIG_MADE,    /* the new image is there and marked */
	RIG_REFUSED, /* said why */
};

/*
 * The agent from start-up to its end, on the model's flash; rig_agent.c. `words` says why it
 * refused.
 */
enum rig_outcome rig_agent(const struct rig_config *config, struct flash_model *model,
			   const char **words);

/*
 * Whether new is there and marked as it should be, and the agent sees that all is done; then
 * MCUboot is played, and the new image confirms itself. False with `words`. Changes the flash.
 */
bool rig_agent_proves(const struct rig_config *config, struct flash_model *model,
		      const char **words);

/* The agent is about to write or erase; rig.c. */
void rig_before_operation(void);

/* What the agent's hooks stand on; rig_hooks.c. Once, before the agent begins. */
void rig_hooks_init(const struct rig_config *config, struct flash_model *model);

#endif
