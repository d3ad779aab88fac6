// SPDX-License-Identifier: Apache-2.0
/*
 * otd's model: which binary decision comes next, how likely a 1 is, and what follows from it. The
 * decoder takes the decisions from a patch, the encoder makes them; both run this same automaton,
 * so they cannot disagree. formats/otd.md describes each decision.
 *
 *     while the state is not OTD_END:
 *         with OTD_BEGIN: bytes at `from` into src; ota_otd_model_begin
 *         probability = ota_otd_model_ask; ota_otd_model_tell(bit)
 *         take the new bytes at out
 */
#ifndef OTD_MODEL_H
#define OTD_MODEL_H

#include "otd_map.h"
#include "otd_rv32.h"

/* Which decision is open. */
enum ota_otd_state {
	OTD_BEGIN = 0, /* none: bytes at `from` are wanted */
	OTD_UNIT,      /* the first candidate is right */
	OTD_ESCAPE,    /* the unit is none after all */
	OTD_CANDIDATE, /* candidate `cand` is right */
	OTD_NUMBER,    /* the number being read has more bits */
	OTD_BIT,       /* a bit of it */
	OTD_MATCH,     /* the next halfword, or byte, is as predicted */
	OTD_TURN,      /* it is predicted from elsewhere */
	OTD_SPLIT,     /* the halfword goes byte by byte */
	OTD_AGAIN,     /* it differs as one before did: candidate `cand` */
	OTD_HIGH,      /* its high byte is as predicted */
	OTD_LITERAL,   /* a bit of a literal byte */
	OTD_TO_NEAR,   /* turn: by less than OTD_NEAR */
	OTD_TO_NEW,    /* turn: into new */
	OTD_END,       /* none: new is whole */
	OTD_BAD,       /* none: a decision that no encoder makes */
};

/* Sets of numbers; each has its own slots. */
enum ota_otd_number {
	OTD_N_BRANCH,
	OTD_N_POINTER,
	OTD_N_NEAR,
	OTD_N_FAR,
	OTD_N_NEW,
	OTD_N_MORE, /* tier M's units */
};

/* Literals. */
enum ota_otd_literal {
	OTD_HIGH_BYTE,
	OTD_LOW_BYTE,          /* after a high byte that was told */
	OTD_LOW_BYTE_EXPECTED, /* after one that was as predicted */
	OTD_LONE_BYTE,
};

#define OTD_NEAR       2048U
#define OTD_CANDIDATES 5U
#define OTD_DIFFS      2U
#define OTD_OPCODES    32U /* the top 5 bits of a halfword */
#define OTD_INPUTS     3U  /* most slots of a decision */
#define OTD_RUNS       12U /* buckets of run */
#define OTD_RUN_SMALL  4U  /* each shorter run has its own */

/* -- slots ------------------------------------------------------------------------------------- */

/* A number's: unary positions, first bit below the leading one, second, the last two. */
#define OTD_UNARY_SLOTS  20U
#define OTD_FIRST_SLOTS  16U
#define OTD_NUMBER_SLOTS (OTD_UNARY_SLOTS + OTD_FIRST_SLOTS + 3U)

/* Where each decision's slots begin. */
enum ota_otd_slots {
	OTD_S_MATCH_OP = 0,                              /* opcode, 2 outcomes; byte mode */
	OTD_S_MATCH_RUN = OTD_S_MATCH_OP + 32 * 4 + 1,   /* mode, run, trouble */
	OTD_S_MATCH_PAST = OTD_S_MATCH_RUN + 2 * 12 * 2, /* 6 outcomes; byte mode */
	OTD_S_UNIT = OTD_S_MATCH_PAST + 64 + 1,          /* kind, class */
	OTD_S_UNIT_PAST = OTD_S_UNIT + 5 * 8,            /* group, 3 outcomes, class < 2 */
	OTD_S_ESCAPE = OTD_S_UNIT_PAST + 4 * 16,         /* class > 1, miss */
	OTD_S_CANDIDATE = OTD_S_ESCAPE + 2 * 4,          /* which */
	OTD_S_TURN = OTD_S_CANDIDATE + 4,                /* mode, miss */
	OTD_S_TURN_OP = OTD_S_TURN + 2 * 8,              /* opcode by 4 bits, outcome */
	OTD_S_SPLIT = OTD_S_TURN_OP + 16 * 2,            /* - */
	OTD_S_TO = OTD_S_SPLIT + 1,                      /* near, new */
	OTD_S_AGAIN = OTD_S_TO + 2,                      /* which, outcome */
	OTD_S_AGAIN_OP = OTD_S_AGAIN + 2 * 2,            /* opcode by 4 bits, which */
	OTD_S_HIGH = OTD_S_AGAIN_OP + 16 * 2,            /* opcode by 4 bits */
	OTD_S_HIGH_PAST = OTD_S_HIGH + 16,               /* 4 outcomes */
	OTD_S_EXPECTED = OTD_S_HIGH_PAST + 16,           /* bit, kind of literal */
	OTD_S_NUMBER = OTD_S_EXPECTED + 8 * 4,           /* sets up to OTD_N_NEW */
	OTD_S_ORDER_0 = OTD_S_NUMBER + 5 * 39,           /* bits so far */
	OTD_SLOTS = OTD_S_ORDER_0 + 256,
	/* Tier M has some more, behind the hashed ones. */
	OTD_S_MORE_UNIT = 0, /* kind, class */
	OTD_S_MORE_NUMBER = OTD_S_MORE_UNIT + 7 * 8,
	OTD_SLOTS_MORE = OTD_S_MORE_NUMBER + 39,
};

/* -- weights ----------------------------------------------------------------------------------- */

/* Where each mixed decision's weights begin. */
enum ota_otd_weights {
	OTD_W_MATCH = 0, /* mode */
	OTD_W_UNIT = OTD_W_MATCH + 2 * 3,
	OTD_W_TURN = OTD_W_UNIT + 2,
	OTD_W_AGAIN = OTD_W_TURN + 2, /* which */
	OTD_W_HIGH = OTD_W_AGAIN + 2 * 2,
	OTD_W_LITERAL = OTD_W_HIGH + 2, /* kind, agree */
	OTD_WEIGHTS = OTD_W_LITERAL + 8 * 3,
};
#define OTD_WEIGHT_ONE (1 << 20)

/* -- state ------------------------------------------------------------------------------------- */

/* Small fields first: Thumb code reaches those near a struct's beginning with shorter instructions.
 */
struct ota_otd_model {
	uint8_t state;
	uint8_t arch;
	uint8_t tier;
	uint8_t reads_new;
	uint8_t miss;   /* recent trouble, 0 to 7 */
	uint8_t past;   /* last outcomes, latest lowest */
	uint8_t taught; /* the present copy is in the map */
	uint8_t second; /* the next halfword is the second of a 32-bit instruction */
	uint8_t half;   /* the step goes by halfwords */
	uint8_t known;  /* `expected` is there */
	uint8_t class;  /* of the unit's map look-up */
	uint8_t local;  /* the unit's target is guessed to move with the unit */
	uint8_t cands;
	uint8_t cand;
	uint8_t set;     /* of numbers */
	uint8_t bits;    /* number: bits below its leading one; literal: bits so far */
	uint8_t bit;     /* number: the one that comes */
	uint8_t literal; /* which kind */
	uint8_t node;    /* literal: a 1, then the bits so far */
	uint8_t agree;   /* literal: they are as expected */
	uint8_t high;    /* the halfword's high byte */
	uint8_t n_src;
	uint8_t n_out;
	uint8_t n_inputs;
	uint8_t weights;
	uint8_t reversed;     /* the last input is about a 0 */
	uint8_t last;         /* byte of new */
	uint8_t block_bits;   /* in place: a block's size, its logarithm */
	uint16_t expected;    /* the halfword, or byte, that is predicted */
	uint16_t probability; /* of the open decision, and its inputs */
	uint16_t input[OTD_INPUTS];
	uint16_t again[OTD_DIFFS];
	uint16_t last_diff;
	uint32_t new_size;
	uint32_t new_at;
	uint32_t from;
	uint32_t run;       /* bytes as predicted since the last that was not */
	uint32_t block;     /* no unit before this offset of new */
	uint32_t split_at;  /* the halfword there goes byte by byte */
	uint32_t turned_at; /* no second turn there */
	uint32_t lead;      /* in place: of old; UINT32_MAX: in two slots */
	uint32_t number;
	struct ota_otd_unit unit;
	uint8_t src[OTA_OTD_UNIT_MAX]; /* bytes at `from` */
	uint8_t out[OTA_OTD_UNIT_MAX]; /* new bytes that the last step made */
	uint32_t learned[2];           /* last shifts that units taught */
	uint32_t cand_shift[OTD_CANDIDATES];
	uint16_t diff[OTD_OPCODES]; /* last difference of each opcode class */
	/* Tier nano has room for its first segment only. */
	struct ota_otd_image old_image;
};

/* Between the model and the slots in tiers XS and M; nano has new's first segment there. */
struct ota_otd_more {
	struct ota_otd_image new_image;
	int32_t weight[OTD_WEIGHTS]; /* 20 bits of fraction */
	int16_t stretched[OTD_INPUTS];
	uint16_t reserved;
};

/* -- memory ------------------------------------------------------------------------------------ */

/* Slots that literals share, behind OTD_SLOTS others; behind them, those that tier M has more. */
#define OTD_HASHED_XS    256U
#define OTD_HASHED_M     4096U
#define OTD_ALL_XS       (OTD_SLOTS + OTD_HASHED_XS)
#define OTD_ALL_M        (OTD_SLOTS + OTD_HASHED_M + OTD_SLOTS_MORE + OTD_SLOTS_MORE % 2U)
#define OTD_ALL_NANO     238U /* as otd_nano.h has them */
#define OTD_SLOTS_NEAR   24U
#define OTD_ENTRIES_XS   136U
#define OTD_ENTRIES_M    640U
#define OTD_ENTRIES_NANO 43U

/* An image of one segment. */
#define OTD_IMAGE_NANO offsetof(struct ota_otd_image, segment[1])

#define OTD_MODEL_RAM_OF(slots, entries)                                                           \
	(sizeof(struct ota_otd_model) + sizeof(struct ota_otd_more) + (slots) * sizeof(uint16_t) + \
	 sizeof(struct ota_otd_map) + (entries) * sizeof(struct ota_otd_entry))
#define OTD_MODEL_RAM_NANO                                                                         \
	(offsetof(struct ota_otd_model, old_image) + 2U * OTD_IMAGE_NANO +                         \
	 OTD_ALL_NANO * sizeof(uint16_t) + sizeof(struct ota_otd_map) +                            \
	 OTD_ENTRIES_NANO * sizeof(struct ota_otd_narrow))
#define OTD_MODEL_RAM(tier)                                                                        \
	((tier) == OTA_OTD_XS  ? OTD_MODEL_RAM_OF(OTD_ALL_XS, OTD_ENTRIES_XS)                      \
	 : (tier) == OTA_OTD_M ? OTD_MODEL_RAM_OF(OTD_ALL_M, OTD_ENTRIES_M)                        \
			       : OTD_MODEL_RAM_NANO)

static inline bool ota_otd_model_is_m(const struct ota_otd_model *m)
{
	return OTD_HAS_M && m->tier == OTA_OTD_M;
}

static inline bool ota_otd_model_is_nano(const struct ota_otd_model *m)
{
	return OTD_HAS_NANO && (!OTD_HAS_XS || m->tier == OTA_OTD_NANO);
}

/* Slots that literals share, a power of 2. */
static inline uint32_t ota_otd_model_hashed(const struct ota_otd_model *m)
{
	return ota_otd_model_is_m(m) ? OTD_HASHED_M : OTD_HASHED_XS;
}

/* Not in tier nano. */
static inline struct ota_otd_more *ota_otd_model_more(struct ota_otd_model *m)
{
	return (struct ota_otd_more *)(m + 1);
}

/* Of the open decision, if it is mixed. */
static inline const int16_t *ota_otd_model_inputs(const struct ota_otd_model *m)
{
	return ((const struct ota_otd_more *)(m + 1))->stretched;
}

static inline const struct ota_otd_image *ota_otd_model_new(const struct ota_otd_model *m)
{
	if (ota_otd_model_is_nano(m))
		return (const struct ota_otd_image *)(const void *)&m->old_image.segment[1];
	return &((const struct ota_otd_more *)(m + 1))->new_image;
}

/* Probability 12 bits, count 4 bits; tier nano's first ones have no count. */
static inline uint16_t *ota_otd_model_slots(struct ota_otd_model *m)
{
	if (ota_otd_model_is_nano(m))
		return (uint16_t *)((uint8_t *)&m->old_image + 2U * OTD_IMAGE_NANO);
	return (uint16_t *)(ota_otd_model_more(m) + 1);
}

static inline uint32_t ota_otd_model_n_slots(const struct ota_otd_model *m)
{
	if (ota_otd_model_is_nano(m))
		return OTD_ALL_NANO;
	if (ota_otd_model_is_m(m))
		return OTD_ALL_M;
	return OTD_ALL_XS + (otd_is_rv32(m->arch) ? OTD_SLOTS_NEAR : 0);
}

static inline struct ota_otd_map *ota_otd_model_map(struct ota_otd_model *m)
{
	return (struct ota_otd_map *)(void *)(ota_otd_model_slots(m) + ota_otd_model_n_slots(m));
}

/*
 * RV32 has more in tier XS, too: slots for its kinds from OTA_OTD_KINDS_XS on, and it remembers
 * upper parts. Its map has fewer entries for it.
 */
#define OTD_NEAR_ENTRIES (OTD_SLOTS_NEAR * sizeof(uint16_t) / sizeof(struct ota_otd_entry))
#define OTD_UPPERS_ENTRIES                                                                         \
	((sizeof(struct ota_otd_uppers) + sizeof(struct ota_otd_entry) - 1) /                      \
	 sizeof(struct ota_otd_entry))

static inline struct ota_otd_uppers *ota_otd_model_uppers(struct ota_otd_model *m)
{
	struct ota_otd_map *map = ota_otd_model_map(m);

	return (struct ota_otd_uppers *)(void *)&map->entry[map->cap];
}

static inline const struct ota_otd_uppers *ota_otd_model_uppers_of(const struct ota_otd_model *m)
{
	return ota_otd_model_uppers((struct ota_otd_model *)(uintptr_t)m);
}

/* Begins, in cleared memory of OTD_MODEL_RAM bytes. */
void ota_otd_model_init(struct ota_otd_model *m, const struct ota_otd_header *header);

/* Bytes wanted at `from` for the next step, at most OTA_OTD_UNIT_MAX. Only with OTD_BEGIN. */
static inline uint32_t ota_otd_model_wanted(const struct ota_otd_model *m)
{
	return OTD_HAS_THUMB && otd_is_thumb(m->arch) && ota_otd_model_is_m(m) ? OTA_OTD_UNIT_MAX
									       : 4;
}

/*
 * Where behind `from` one more byte is wanted, of old, once those are there; 0: nowhere. RV32 looks
 * for who makes use of a lui or auipc: that instruction stands behind it in src then.
 */
static inline uint32_t ota_otd_model_ahead(struct ota_otd_model *m)
{
	uint32_t ahead;

	if (!otd_is_rv32(m->arch) || m->second || m->n_src < 4 || m->n_src == OTA_OTD_UNIT_MAX ||
	    !ota_otd_rv32_is_upper(m->src))
		return 0;
	ahead = ota_otd_model_uppers(m)->ahead + m->n_src;
	return ahead < OTA_OTD_SEEN_MAX ? ahead : 0;
}

/* Takes it. */
void ota_otd_model_look(struct ota_otd_model *m, uint8_t byte);

/* Goes from OTD_BEGIN to a decision. src and n_src are filled. */
void ota_otd_model_begin(struct ota_otd_model *m);

/* Probability of a 1 in 1/65536, 16 to 65520, of the open decision. */
uint32_t ota_otd_model_ask(struct ota_otd_model *m);

/* Takes the decision and goes on to the next, to OTD_BEGIN, OTD_END or OTD_BAD. */
void ota_otd_model_tell(struct ota_otd_model *m, uint32_t bit);

/* Of a run's length, 0 to OTD_RUNS - 1. */
static inline uint32_t ota_otd_run_bucket(uint32_t run)
{
	uint32_t bucket = 1;

	if (run < OTD_RUN_SMALL)
		return run;
	for (; run > 0 && bucket < OTD_RUNS - 1; run >>= 1)
		bucket++;
	return bucket;
}

/* -- for the encoder --------------------------------------------------------------------------- */

/* The target that candidate `cand` of the open unit gives. */
uint32_t ota_otd_model_target(const struct ota_otd_model *m, uint32_t cand);

/* The open unit's bytes with another target. False: it cannot hold that. */
bool ota_otd_model_write(const struct ota_otd_model *m, uint32_t target, uint8_t *bytes);

/* The byte that the literal would have been. */
static inline uint32_t ota_otd_model_expected(const struct ota_otd_model *m)
{
	return m->literal == OTD_HIGH_BYTE ? (uint32_t)m->expected >> 8 : m->expected & 0xffU;
}

static inline uint32_t ota_otd_model_expected_bit(const struct ota_otd_model *m)
{
	return ota_otd_model_expected(m) >> (7U - m->bits) & 1U;
}

/* In place: of old, what lies below this is gone. The block that new goes on in is erased whole. */
static inline uint32_t ota_otd_model_gone(const struct ota_otd_model *m)
{
	uint32_t erased = ((m->new_at >> m->block_bits) + 1U) << m->block_bits;

	return OTD_HAS_PLACE && erased > m->lead ? erased - m->lead : 0;
}

/* True when a turn may go there: the byte is there. */
static inline bool ota_otd_model_can_turn(const struct ota_otd_model *m, uint32_t from)
{
	if (from < m->old_image.size)
		return from >= ota_otd_model_gone(m);
	return m->reads_new && from - m->old_image.size < m->new_at;
}

#endif
