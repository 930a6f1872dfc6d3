// What `npm start` runs inside the enclave: reads a text from a directory the host granted,
// and reports its size, its five most frequent words and its SHA-256.
//   demo [FILE]     FILE is /data/story.txt when it is left out
#include "lines.h"
#include "sha256.h"

#include <ctype.h>

enum { SLOTS = 4096, LONGEST = 24, SHOWN = 5 };

typedef struct {
  char word[LONGEST + 1];
  int count;
} Entry;

static Entry table[SLOTS]; // open addressing; a text with more different words than slots is refused

static int add(const char *word, int length) {
  uint32_t hash = 2166136261u;
  for (int i = 0; i < length; i++) hash = (hash ^ (uint8_t)word[i]) * 16777619u;
  for (int probe = 0; probe < SLOTS; probe++) {
    Entry *entry = &table[(hash + (uint32_t)probe) % SLOTS];
    if (entry->count == 0) memcpy(entry->word, word, (size_t)length + 1);
    if (strcmp(entry->word, word) != 0) continue;
    entry->count++;
    return 1;
  }
  return 0;
}

static int by_count(const void *a, const void *b) {
  const Entry *left = a, *right = b;
  return left->count != right->count ? right->count - left->count : strcmp(left->word, right->word);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "/data/story.txt";
  size_t size;
  char *text = read_all("demo", name, &size);
  if (!text) return 1;

  char word[LONGEST + 1];
  int length = 0, words = 0;
  for (size_t i = 0; i <= size; i++) {
    unsigned char byte = i < size ? (unsigned char)text[i] : ' ';
    if (isalpha(byte)) {
      if (length < LONGEST) word[length++] = (char)tolower(byte);
    } else if (length > 0) {
      word[length] = 0;
      if (!add(word, length)) {
        fprintf(stderr, "demo: %s: more than %d different words\n", name, SLOTS);
        return 1;
      }
      words++;
      length = 0;
    }
  }
  qsort(table, SLOTS, sizeof table[0], by_count);

  printf("%s: %zu bytes, %d words\n", name, size, words);
  for (int i = 0; i < SHOWN && table[i].count > 0; i++) {
    printf("  %-10s %4d  ", table[i].word, table[i].count);
    for (int star = 0; star < table[i].count && star < 40; star++) putchar('*');
    putchar('\n');
  }
  Sha256 hash;
  uint8_t digest[32];
  char hex[65];
  sha256_init(&hash);
  sha256_update(&hash, text, size);
  sha256_finish(&hash, digest);
  sha256_hex(digest, hex);
  printf("  sha256     %s\n", hex);
  return 0;
}
