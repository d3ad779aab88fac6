// SPDX-License-Identifier: Apache-2.0
/*
 * Fits the priors of otd's model: what its slots and weights begin with. bench/otd-train runs it,
 * and makes formats/otd_priors.c of what it prints.
 *
 * Standard input, one thing a line, its parts separated by tabs:
 *
 *     pair NAME PRODUCT OLD NEW    files of an old and a new image
 *     run TRAIN REPORT             lists of products, with commas between
 *
 * Standard output, of each run:
 *
 *     size NAME FLAT... FITTED...    patches of one pair, with flat priors and with fitted ones, in
 *                                    tiers XS, M and nano
 *     grid, counts, slots, weights, nano N...    the tables of formats/otd_priors*.c
 *     end
 *
 * A slot is fitted by the very steps it takes: for every prior there is, what would the decisions
 * that asked this slot have cost, had it answered alone? Weights are fitted likewise, one by one
 * and step by step, by what the mixed decisions would have cost. Both hang together, so all is done
 * again with the first priors at work.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match_otd.h"
#include "otd_base.h"
#include "otd_enc.h"
#include "otd_nano.h"
#include "otd_priors.h"
#include "otd_tables.h"

#define PAIRS_MAX 256U
#define PASSES    2U
#define ROUNDS    2U
/* First visits of a slot that are fitted: what comes later does not hang on the prior any more. */
#define VISITS_MAX 400U
#define MIXES_MAX  1500U /* likewise of a set of weights */
/* A pair's weight is its patch's size to this power: a bit counts for more in a small patch. */
#define SIZE_POWER -0.5
/* As if each slot had been told a 0 and a 1 more, at this weight: what few pairs tell stays mild.
 */
#define DOUBT 0.008
/* Settles weights that nothing hangs on. */
#define PULL_WEIGHT       0.000001
#define GRID_STEP         0.5 /* nat */
#define COUNT_MASK        15U
#define SLOT_STATES       65536U
#define MIXED_MIN         16U
#define RATE              6U /* at which weights learn */
#define RATE_LITERAL      14U
#define STATE_STEP        16U
#define WEIGHT_UNIT       (OTD_WEIGHT_ONE / 32)
#define WEIGHT_LIMIT      (8 * OTD_WEIGHT_ONE)
#define WEIGHT_FIRST_STEP 8
#define FLAT_PRIOR                                                                                 \
	(OTD_PRIOR_GRID / 2 * OTD_PRIOR_COUNTS) /* as good as even odds, and no confidence */
#define FLAT_WEIGHT 12
#define ROOM_SPARE  4096U

/* The model's code reads these; to it they are constants. */
static uint16_t grid[OTD_PRIOR_GRID];
static uint8_t counts[OTD_PRIOR_COUNTS] = {0, 1, 2, 3, 5, 8, 11, 15};
static uint8_t slots[OTD_PRIOR_SLOTS];
static uint8_t nano[OTD_ALL_NANO];
static int8_t weights[OTD_WEIGHTS];
extern const uint16_t ota_otd_prior_grid[OTD_PRIOR_GRID] __attribute__((alias("grid")));
extern const uint8_t ota_otd_prior_counts[OTD_PRIOR_COUNTS] __attribute__((alias("counts")));
extern const uint8_t ota_otd_prior_slots[OTD_PRIOR_SLOTS] __attribute__((alias("slots")));
extern const uint8_t ota_otd_prior_nano[OTD_ALL_NANO] __attribute__((alias("nano")));
extern const int8_t ota_otd_prior_weights[OTD_WEIGHTS] __attribute__((alias("weights")));

/* A decision that a set of weights mixed. */
struct mix {
	int16_t stretched[OTD_INPUTS];
	uint16_t probability;
	uint8_t n_inputs;
	uint8_t bit;
	uint8_t rate;
};

/* What was decided while one patch was made. */
struct record {
	double weight;
	size_t size;                      /* of the patch, bytes */
	uint32_t visits[OTD_PRIOR_SLOTS]; /* at most VISITS_MAX */
	uint8_t bit[OTD_PRIOR_SLOTS][VISITS_MAX];
	uint32_t mixes[OTD_WEIGHTS]; /* at most MIXES_MAX */
	struct mix mix[OTD_WEIGHTS][MIXES_MAX];
};

/* What is fitted to. Borrows. */
struct set {
	struct record **record;
	size_t n;
};

struct pair {
	char *name;
	char *product;
	struct ota_span old_image;
	struct ota_span new_image;
	struct ota_otd_header header;
	struct ota_otd_turns turns;
	size_t flat[OTA_OTD_TIERS];
	struct record *record[OTA_OTD_TIERS];
};

static struct pair pairs[PAIRS_MAX];
static size_t n_pairs;
static struct record *recording; /* or NULL */

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fputs("otd-train: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void *need(void *memory)
{
	if (!memory)
		die("out of memory");
	return memory;
}

/* -- recording --------------------------------------------------------------------------------- */

/* Where the slot's prior is in its table; OTD_PRIOR_SLOTS: those that literals share have none. */
static uint32_t prior_of(const struct ota_otd_model *m, uint32_t slot)
{
	uint32_t hashed = ota_otd_model_hashed(m);

	if (slot < OTD_SLOTS || ota_otd_model_is_nano(m))
		return slot;
	return slot - OTD_SLOTS < hashed ? OTD_PRIOR_SLOTS : slot - hashed;
}

/* What input `i` of the open decision learns; as learn in formats/otd_model.c. */
static uint8_t outcome(const struct ota_otd_model *m, uint32_t i, uint32_t bit)
{
	if (m->state == OTD_LITERAL && m->agree && i == m->n_inputs - 1U &&
	    !ota_otd_model_is_nano(m))
		return bit == ota_otd_model_expected_bit(m);
	return (uint8_t)bit;
}

static void record_slots(struct record *record, const struct ota_otd_model *m, uint32_t bit)
{
	for (uint32_t i = 0; i < m->n_inputs; i++) {
		uint32_t slot = prior_of(m, m->input[i]);

		if (slot < OTD_PRIOR_SLOTS && record->visits[slot] < VISITS_MAX)
			record->bit[slot][record->visits[slot]++] = outcome(m, i, bit);
	}
}

static void record_mix(struct record *record, const struct ota_otd_model *m, uint32_t bit)
{
	struct mix *mix;

	if (m->weights >= OTD_WEIGHTS || record->mixes[m->weights] == MIXES_MAX)
		return;
	mix = &record->mix[m->weights][record->mixes[m->weights]++];
	memcpy(mix->stretched, ota_otd_model_inputs(m), sizeof(mix->stretched));
	mix->probability = m->probability;
	mix->n_inputs = m->n_inputs;
	mix->bit = (uint8_t)bit;
	mix->rate = m->state == OTD_LITERAL ? RATE_LITERAL : RATE;
}

/* Stands in for formats/otd_explain.c: the encoder calls it before the model learns. */
enum ota_otd_purpose ota_otd_account_add(struct ota_otd_account *account,
					 const struct ota_otd_model *m, uint32_t probability,
					 uint32_t bit)
{
	(void)account;
	(void)probability;
	if (recording) {
		record_slots(recording, m, bit);
		record_mix(recording, m, bit);
	}
	return OTA_OTD_FOR_MATCHES;
}

/* -- pairs ------------------------------------------------------------------------------------- */

static struct ota_span read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t len = 0;
	size_t cap = 1U << 16;
	uint8_t *data = (uint8_t *)need(malloc(cap));

	if (!file)
		die("%s cannot be read", path);
	for (;;) {
		size_t n = fread(data + len, 1, cap - len, file);

		if (n == 0)
			break;
		len += n;
		if (len == cap)
			data = (uint8_t *)need(realloc(data, cap *= 2));
	}
	if (ferror(file))
		die("%s cannot be read", path);
	(void)fclose(file);
	return ota_span_of(data, len);
}

static uint32_t find_base(struct ota_span image, bool *known)
{
	const char *how;
	uint32_t base = 0;

	*known = ota_otd_find_base(image, &base, &how) == OTA_OK;
	return base;
}

/* As diff does: the image that does not tell its address lies where the other one does. */
static void place(struct pair *pair)
{
	bool old_known;
	bool new_known;
	uint32_t old_base = find_base(pair->old_image, &old_known);
	uint32_t new_base = find_base(pair->new_image, &new_known);

	if (!old_known && !new_known)
		die("the address of %s is not found", pair->name);
	pair->header = (struct ota_otd_header){.arch = OTA_OTD_THUMB};
	pair->header.old_image =
		(struct ota_otd_image){.size = (uint32_t)pair->old_image.len, .n_segments = 1};
	pair->header.new_image =
		(struct ota_otd_image){.size = (uint32_t)pair->new_image.len, .n_segments = 1};
	pair->header.old_image.segment[0].addr = old_known ? old_base : new_base;
	pair->header.new_image.segment[0].addr = new_known ? new_base : old_base;
}

/* As diff does: reading new is announced only when it happens. */
static bool reads_new(const struct pair *pair)
{
	uint32_t old_len = (uint32_t)pair->old_image.len;
	uint32_t new_at = 0;
	uint32_t from = 0;

	for (size_t i = 0; i <= pair->turns.n; i++) {
		bool last = i == pair->turns.n;
		uint32_t end = last ? (uint32_t)pair->new_image.len : pair->turns.turn[i].new_at;

		if (end > new_at && (from > old_len || end - new_at > old_len - from))
			return true;
		new_at = end;
		from = last ? 0 : pair->turns.turn[i].from;
	}
	return false;
}

static void match(struct pair *pair)
{
	struct ota_diag diag = {.text = ""};
	struct ota_index *index = NULL;
	struct ota_otd_matcher *matcher = NULL;
	struct ota_otd_match_job job = {.new_image = pair->new_image,
					.arch = OTA_OTD_THUMB,
					.old_place = &pair->header.old_image,
					.new_place = &pair->header.new_image,
					.reads_new = true,
					.passes = PASSES};

	if (ota_index_build(pair->old_image, &index, &diag) != OTA_OK)
		die("%s: %s", pair->name, diag.text);
	job.index = index;
	if (ota_otd_matcher_new(&job, &matcher, &diag) != OTA_OK ||
	    ota_otd_match(matcher, &ota_otd_prices_usual, &pair->turns, &diag) != OTA_OK)
		die("%s: %s", pair->name, diag.text);
	ota_otd_matcher_free(matcher);
	ota_index_free(index);
	pair->header.reads_new = reads_new(pair);
}

/* -- making patches ---------------------------------------------------------------------------- */

/* Size of the patch with the present priors. Fills what is recorded, unless NULL. */
static size_t patch_size(const struct pair *pair, enum ota_otd_tier tier, struct record *record)
{
	static uint64_t memory[OTA_OTD_ENC_RAM(OTA_OTD_M) / sizeof(uint64_t)];
	size_t room = 2 * pair->new_image.len + ROOM_SPARE;
	uint8_t *patch = (uint8_t *)need(malloc(room));
	struct ota_wr wr = ota_wr_init(patch, room);
	struct ota_otd_header header = pair->header;
	struct ota_otd_account account = {.turns = 0};
	struct ota_otd_work work;
	enum ota_err err;

	header.tier = tier;
	work = (struct ota_otd_work){.header = &header,
				     .old_image = pair->old_image,
				     .new_image = pair->new_image,
				     .memory = memory,
				     .size = sizeof(memory),
				     .account = &account};
	ota_otd_header_write(&wr, &header);
	if (record) {
		memset(record->visits, 0, sizeof(record->visits));
		memset(record->mixes, 0, sizeof(record->mixes));
	}
	recording = record;
	err = ota_otd_encode(&work, ota_otd_turns_path(&pair->turns), &wr);
	recording = NULL;
	if (err != OTA_OK)
		die("%s cannot be encoded: %d", pair->name, (int)err);
	free(patch);
	return wr.at;
}

/* -- fitting ----------------------------------------------------------------------------------- */

/* A state is a slot's 16 bits. */
static uint16_t next_state[2][SLOT_STATES];
static uint16_t next_fine[2][SLOT_STATES]; /* of tier nano's slots without count */
static float price[2][SLOT_STATES];        /* bits, of a bit by its probability of 1 */

/* As slot_learn in formats/otd_model.c. */
static uint16_t learnt_state(uint32_t state, uint32_t bit)
{
	uint32_t p = state & ~COUNT_MASK;
	uint32_t n = state & COUNT_MASK;
	uint32_t rate = ota_otd_rate(n);

	p = bit ? p + (((SLOT_STATES - 1 - p) * rate) >> 16) : p - ((p * rate) >> 16);
	p = (p + STATE_STEP / 2) & ~COUNT_MASK;
	p = p < STATE_STEP ? STATE_STEP : p;
	p = p > SLOT_STATES - STATE_STEP ? SLOT_STATES - STATE_STEP : p;
	return (uint16_t)(p | (n < COUNT_MASK ? n + 1 : n));
}

static void make_steps(void)
{
	for (uint32_t p = 1; p < SLOT_STATES; p++) {
		price[1][p] = (float)-log2((double)p / SLOT_STATES);
		price[0][p] = (float)-log2(1.0 - (double)p / SLOT_STATES);
	}
	for (uint32_t state = STATE_STEP; state < SLOT_STATES; state++) {
		next_state[0][state] = learnt_state(state, 0);
		next_state[1][state] = learnt_state(state, 1);
		next_fine[0][state] = ota_otd_nano_learnt(state, 0);
		next_fine[1][state] = ota_otd_nano_learnt(state, 1);
	}
}

static double grid_odds(unsigned i)
{
	return ((double)i - (OTD_PRIOR_GRID - 1) / 2.0) * GRID_STEP;
}

static void make_grid(void)
{
	for (unsigned i = 0; i < OTD_PRIOR_GRID; i++) {
		double p = SLOT_STATES / (1.0 + exp(-grid_odds(i)));

		grid[i] = (uint16_t)((uint32_t)(p + STATE_STEP / 2.0) & ~COUNT_MASK);
		if (grid[i] < STATE_STEP)
			grid[i] = STATE_STEP;
	}
}

/* A slot that is being fitted, and where its prior goes. */
struct fitted {
	uint32_t slot;
	bool is_fine;
	uint8_t *prior;
};

/* Bits that one pair spends on the slot, if that begins with `state`. */
static double record_cost(const struct record *record, const struct fitted *fitted, uint16_t state)
{
	uint16_t mask = fitted->is_fine ? UINT16_MAX : (uint16_t)~COUNT_MASK;
	const uint8_t *bit = record->bit[fitted->slot];
	double cost = 0;

	for (uint32_t i = 0; i < record->visits[fitted->slot]; i++) {
		cost += (double)price[bit[i]][state & mask];
		state = (fitted->is_fine ? next_fine : next_state)[bit[i]][state];
	}
	return cost;
}

/* The weighted bits of all records; stops when it is over `limit`. */
static double prior_cost(const struct set *set, const struct fitted *fitted, unsigned prior,
			 double limit)
{
	uint8_t count = counts[prior % OTD_PRIOR_COUNTS];
	uint16_t state = (uint16_t)(grid[prior / OTD_PRIOR_COUNTS] | count);
	double cost = DOUBT * ((double)price[0][state & ~COUNT_MASK] +
			       (double)price[1][state & ~COUNT_MASK]);

	for (size_t i = 0; i < set->n && cost < limit; i++)
		cost += set->record[i]->weight * record_cost(set->record[i], fitted, state);
	return cost;
}

static void fit_slot(const struct set *set, const struct fitted *fitted)
{
	unsigned best = FLAT_PRIOR;
	double best_cost = prior_cost(set, fitted, best, HUGE_VAL);

	for (unsigned prior = 0; prior < OTD_PRIOR_GRID * OTD_PRIOR_COUNTS; prior++) {
		double cost;

		/* One without count has none to begin with. */
		if (fitted->is_fine && prior % OTD_PRIOR_COUNTS != 0)
			continue;
		cost = prior_cost(set, fitted, prior, best_cost);
		if (cost < best_cost) {
			best = prior;
			best_cost = cost;
		}
	}
	*fitted->prior = (uint8_t)best;
}

/* As mixed in formats/otd_model.c. */
static uint32_t mixed(const struct mix *mix, const int32_t *weight)
{
	int32_t sum = 0;
	uint32_t p;

	for (uint32_t i = 0; i < mix->n_inputs; i++)
		sum += (weight[i] >> 6) * mix->stretched[i];
	p = ota_otd_squash(sum >> 14);
	p = p < MIXED_MIN ? MIXED_MIN : p;
	return p > SLOT_STATES - MIXED_MIN ? SLOT_STATES - MIXED_MIN : p;
}

/* As weights_learn there. */
static void weights_learn(const struct mix *mix, int32_t *weight, uint32_t p)
{
	int32_t error = ((mix->bit ? 65535 : 0) - (int32_t)p) * mix->rate;

	for (uint32_t i = 0; i < mix->n_inputs; i++) {
		weight[i] += (mix->stretched[i] * (error >> 4) + (1 << 9)) >> 10;
		weight[i] = weight[i] > WEIGHT_LIMIT ? WEIGHT_LIMIT : weight[i];
		weight[i] = weight[i] < -WEIGHT_LIMIT ? -WEIGHT_LIMIT : weight[i];
	}
}

/* Bits that one pair spends on what the set from `first` on mixes, with the present weights. */
static double mixes_cost(const struct record *record, unsigned first, bool check)
{
	int32_t weight[OTD_INPUTS] = {0};
	double cost = 0;

	for (unsigned i = 0; i < OTD_INPUTS && first + i < OTD_WEIGHTS; i++)
		weight[i] = weights[first + i] * WEIGHT_UNIT;
	for (uint32_t i = 0; i < record->mixes[first]; i++) {
		const struct mix *mix = &record->mix[first][i];
		uint32_t p = mixed(mix, weight);

		if (check && p != mix->probability)
			die("this mixes in another way than the model does");
		cost += (double)price[mix->bit][p];
		weights_learn(mix, weight, p);
	}
	return cost;
}

static double weights_cost(const struct set *set, unsigned first, unsigned n, bool check)
{
	double cost = 0;

	for (unsigned i = first; i < first + n; i++)
		cost += PULL_WEIGHT * abs(weights[i] - FLAT_WEIGHT);
	for (size_t i = 0; i < set->n; i++)
		cost += set->record[i]->weight * mixes_cost(set->record[i], first, check);
	return cost;
}

/* A set of weights that is being fitted. */
struct weights {
	unsigned first;
	unsigned n;
	double cost;
};

/* How many weights the set from `first` on has: the most inputs that it mixes, 0 if none begins
 * there. */
static unsigned inputs_of(const struct set *set, unsigned first)
{
	unsigned n = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct record *record = set->record[i];

		for (uint32_t k = 0; k < record->mixes[first]; k++)
			n = record->mix[first][k].n_inputs > n ? record->mix[first][k].n_inputs : n;
	}
	return n;
}

/* Moves the weight if that makes things cheaper; else it stays. Updates `cost`. */
static bool try_weight(const struct set *set, struct weights *w, unsigned i, int step)
{
	int8_t before = weights[i];
	double cost;

	if (before + step < INT8_MIN || before + step > INT8_MAX)
		return false;
	weights[i] = (int8_t)(before + step);
	cost = weights_cost(set, w->first, w->n, false);
	if (cost >= w->cost) {
		weights[i] = before;
		return false;
	}
	w->cost = cost;
	return true;
}

static void fit_weights(const struct set *set, unsigned first)
{
	struct weights w = {.first = first, .n = inputs_of(set, first)};

	w.cost = weights_cost(set, first, w.n, true);
	for (int step = WEIGHT_FIRST_STEP; step > 0; step /= 2) {
		bool moved = w.n > 0;

		while (moved) {
			moved = false;
			for (unsigned i = first; i < first + w.n; i++)
				moved |= try_weight(set, &w, i, step) ||
					 try_weight(set, &w, i, -step);
		}
	}
}

static void fit(const struct set *set)
{
	for (uint32_t slot = 0; slot < OTD_PRIOR_SLOTS; slot++)
		fit_slot(set, &(struct fitted){.slot = slot, .prior = &slots[slot]});
	for (unsigned first = 0; first < OTD_WEIGHTS; first++)
		fit_weights(set, first);
}

static void fit_nano(const struct set *set)
{
	for (uint32_t slot = 0; slot < OTD_ALL_NANO; slot++)
		fit_slot(set, &(struct fitted){.slot = slot,
					       .is_fine = slot < OTD_T_FINE,
					       .prior = &nano[slot]});
}

/* -- runs -------------------------------------------------------------------------------------- */

static void go_flat(void)
{
	memset(slots, FLAT_PRIOR, sizeof(slots));
	memset(nano, FLAT_PRIOR, sizeof(nano));
	memset(weights, FLAT_WEIGHT, sizeof(weights));
}

static bool listed(const char *list, const char *product)
{
	size_t len = strlen(product);

	while (*list) {
		size_t part = strcspn(list, ",");

		if (part == len && strncmp(list, product, len) == 0)
			return true;
		list += part + (list[part] == ',');
	}
	return false;
}

/* Makes every patch of these products with the present priors, for what is to be fitted. */
static void record_products(struct set *set, const char *products, enum ota_otd_tier tier)
{
	for (size_t i = 0; i < n_pairs; i++) {
		struct record *record = pairs[i].record[tier];

		if (!listed(products, pairs[i].product))
			continue;
		record->size = patch_size(&pairs[i], tier, record);
		record->weight = pow((double)record->size, SIZE_POWER);
		set->record[set->n++] = record;
	}
	if (set->n == 0)
		die("no pair of %s", products);
}

/* Fits new priors to the patches that the present ones make; tiers XS and M have the same. */
static void fit_products(const char *products)
{
	static struct record *list[PAIRS_MAX * OTA_OTD_TIERS];
	static struct record *nano_list[PAIRS_MAX];
	struct set set = {.record = list};
	struct set nano_set = {.record = nano_list};

	record_products(&set, products, OTA_OTD_XS);
	record_products(&set, products, OTA_OTD_M);
	record_products(&nano_set, products, OTA_OTD_NANO);
	fit(&set);
	fit_nano(&nano_set);
}

static void print_priors(void)
{
	(void)printf("grid");
	for (unsigned i = 0; i < OTD_PRIOR_GRID; i++)
		(void)printf("\t%u", grid[i]);
	(void)printf("\ncounts");
	for (unsigned i = 0; i < OTD_PRIOR_COUNTS; i++)
		(void)printf("\t%u", counts[i]);
	(void)printf("\nslots");
	for (unsigned i = 0; i < OTD_PRIOR_SLOTS; i++)
		(void)printf("\t%u", slots[i]);
	(void)printf("\nweights");
	for (unsigned i = 0; i < OTD_WEIGHTS; i++)
		(void)printf("\t%d", weights[i]);
	(void)printf("\nnano");
	for (unsigned i = 0; i < OTD_ALL_NANO; i++)
		(void)printf("\t%u", nano[i]);
	(void)printf("\nend\n");
}

static void run(const char *train, const char *report)
{
	go_flat();
	for (unsigned i = 0; i < ROUNDS; i++)
		fit_products(train);
	for (size_t i = 0; i < n_pairs; i++) {
		if (!listed(report, pairs[i].product))
			continue;
		(void)printf("size\t%s", pairs[i].name);
		for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++)
			(void)printf("\t%zu", pairs[i].flat[tier]);
		for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++)
			(void)printf("\t%zu", patch_size(&pairs[i], (enum ota_otd_tier)tier, NULL));
		(void)printf("\n");
	}
	print_priors();
}

static void add_pair(char *const part[5])
{
	struct pair *pair = &pairs[n_pairs];

	if (n_pairs == PAIRS_MAX)
		die("over %u pairs", PAIRS_MAX);
	n_pairs++;
	pair->name = (char *)need(strdup(part[1]));
	pair->product = (char *)need(strdup(part[2]));
	pair->old_image = read_file(part[3]);
	pair->new_image = read_file(part[4]);
	place(pair);
	match(pair);
	go_flat();
	for (unsigned tier = 0; tier < OTA_OTD_TIERS; tier++) {
		pair->record[tier] = (struct record *)need(calloc(1, sizeof(struct record)));
		pair->flat[tier] = patch_size(pair, (enum ota_otd_tier)tier, NULL);
	}
}

/* Cuts a line at its tabs, into exactly `n` parts. */
static void cut(char *line, char **part, unsigned n)
{
	line[strcspn(line, "\n")] = '\0';
	for (unsigned i = 0; i < n; i++) {
		part[i] = line;
		line += strcspn(line, "\t");
		if ((*line == '\0') != (i == n - 1))
			die("not %u parts: %s", n, part[0]);
		if (*line)
			*line++ = '\0';
	}
}

static void obey(char *line)
{
	char *part[5];

	if (strncmp(line, "pair\t", strlen("pair\t")) == 0) {
		cut(line, part, 5);
		add_pair(part);
	} else if (strncmp(line, "run\t", strlen("run\t")) == 0) {
		cut(line, part, 3);
		run(part[1], part[2]);
	} else {
		die("not known: %s", line);
	}
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	make_grid();
	make_steps();
	while (getline(&line, &cap, stdin) > 0)
		obey(line);
	free(line);
	return fflush(stdout) == 0 ? 0 : 1;
}
