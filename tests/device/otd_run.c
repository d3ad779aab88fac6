// SPDX-License-Identifier: Apache-2.0
/*
 * Firmware for an emulated Cortex-M3 (mps2-an385) that applies a patch of otd as an updater would:
 * old is read in place, new is written page by page. Says how much stack the decoder took. Built
 * and run by tests/device/otd_runs.sh, which gives OLD_FILE, NEW_FILE and PATCH_FILE.
 */
#include <ota/otd.h>

#define PAGE      256U
#define PAINT     0x5ac3965aU
#define PAINTED   1024U /* bytes below the decoder's caller that are looked at */
#define NEW_MAX   0x40000U
#define STACK_TOP 0x20400000U

#define SYS_WRITE0  0x04
#define SYS_EXIT    0x18
#define EXIT_GOOD   ((const void *)0x20026)
#define EXIT_FAILED ((const void *)0x20023)

#define BYTES_OF(name, file)                                                                       \
	__asm__(".section .rodata\n.balign 4\n" #name ":\n.incbin \"" file "\"\n" #name            \
		"_end:\n.previous\n");                                                             \
	extern const uint8_t name[];                                                               \
	extern const uint8_t name##_end[]

BYTES_OF(old_bytes, OLD_FILE);
BYTES_OF(new_bytes, NEW_FILE);
BYTES_OF(patch_bytes, PATCH_FILE);

void reset(void);
int main(void);

__attribute__((section(".vectors"), used)) static const uint32_t vectors[] = {
	STACK_TOP,
	(uint32_t)reset,
};

static uint32_t state[OTA_OTD_DEC_RAM_M / 4];
static uint8_t flash[NEW_MAX];

static void call_host(int what, const void *with)
{
	register int r0 __asm__("r0") = what;
	register const void *r1 __asm__("r1") = with;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void say(const char *words)
{
	call_host(SYS_WRITE0, words);
}

static void say_number(uint32_t number)
{
	char digits[12];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	say(at);
}

/* One step, and how many bytes below the caller it has written, at most. */
__attribute__((noinline)) static enum ota_want step(struct ota_otd_dec *dec, struct ota_dec_io *io,
						    uint32_t *stack)
{
	volatile uint32_t *low;
	volatile uint32_t *sp;
	enum ota_want want;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	for (low = sp - PAINTED / 4; low < sp; low++)
		*low = PAINT;
	want = ota_otd_dec_step(dec, io);
	for (low = sp - PAINTED / 4; low < sp && *low == PAINT; low++)
		;
	if ((uint32_t)((sp - low) * 4) > *stack)
		*stack = (uint32_t)((sp - low) * 4);
	return want;
}

/* Whatever is wanted; what follows the stream has been counted. */
static void give(struct ota_otd_dec *dec, struct ota_dec_io *io, enum ota_want want,
		 struct ota_span stream)
{
	struct ota_otd_progress progress = ota_otd_dec_progress(dec);
	struct ota_span old_image = ota_span_of(old_bytes, (size_t)(old_bytes_end - old_bytes));

	if (want == OTA_WANT_PATCH)
		io->patch[0] = ota_span_sub(stream, progress.stream_at, 1);
	else if (want == OTA_WANT_OLD)
		io->old = ota_span_tail(old_image, io->old_at);
	else if (want == OTA_WANT_NEW)
		io->old = ota_span_sub(ota_span_of(flash, progress.new_at), io->old_at, PAGE);
	io->out = flash + progress.new_at;
	if (want == OTA_WANT_ROOM)
		io->room = PAGE;
}

static bool apply(uint32_t *stack)
{
	struct ota_span patch = ota_span_of(patch_bytes, (size_t)(patch_bytes_end - patch_bytes));
	struct ota_rd rd = ota_rd_init(patch);
	struct ota_dec_io io = {.room = 0};
	struct ota_otd_header header;
	struct ota_otd_dec *dec;
	struct ota_span stream;
	enum ota_want want;

	if (ota_otd_header_read(&rd, &header) != OTA_OK || header.new_image.size > NEW_MAX)
		return false;
	stream = ota_span_tail(patch, rd.at);
	if (ota_otd_dec_init(state, sizeof(state), &header, (uint32_t)stream.len, &dec) != OTA_OK)
		return false;
	while ((want = step(dec, &io, stack)) < OTA_WANT_NONE)
		give(dec, &io, want, stream);
	return want == OTA_WANT_NONE &&
	       ota_span_equal(ota_span_of(flash, header.new_image.size),
			      ota_span_of(new_bytes, (size_t)(new_bytes_end - new_bytes)));
}

int main(void)
{
	uint32_t stack = 0;
	bool good = apply(&stack);

	say(good ? "new image whole, stack " : "failed, stack ");
	say_number(stack);
	say("\n");
	call_host(SYS_EXIT, good ? EXIT_GOOD : EXIT_FAILED);
	return 0;
}

/* .bss is zero in the emulator's fresh memory; there is no .data. */
void reset(void)
{
	main();
	for (;;)
		;
}
