// Records, pointers, short texts and small calls, as systems programs of the eighties had them: n rounds.
#include "program.h"

#include <string.h>

enum Colour { RED, GREEN, BLUE };
typedef struct Record {
  struct Record *next;
  enum Colour colour;
  int32_t number;
  char name[31];
} Record;

static Record first, second;
static int32_t total, grid[50][50];
static char one_letter, other_letter;

static enum Colour opposite(enum Colour colour) {
  switch (colour) {
    case RED: return total > 100 ? RED : BLUE;
    case GREEN: return BLUE;
    default: return RED;
  }
}

__attribute__((noinline)) static void fill(Record *record, int32_t number) {
  *record->next = *record;
  record->number = number;
  record->next->number = record->number + 5;
  record->next->next = record->next;
  record->next->colour = opposite(record->colour);
  if (record->next->colour == RED) record->next->number = 6;
  else record->colour = GREEN;
}

__attribute__((noinline)) static int same_letter(const char *a, const char *b, int32_t at) {
  while (at < 20 && a[at] == b[at + 1]) at++;
  if (a[at] >= 'W') other_letter = 'Z';
  return a[at] == b[at];
}

__attribute__((noinline)) static int32_t touch(int32_t row, int32_t value) {
  for (int32_t column = row; column <= row + 1; column++) grid[row][column] = value + column;
  grid[row][row - 1] += 1;
  grid[row + 20][row] = grid[row][row];
  return grid[row][row - 1];
}

RUN(int32_t) {
  uint32_t sum = 0;
  char text[31], copy[31];
  memset(grid, 0, sizeof grid);
  total = 0, one_letter = 'A', other_letter = 'B';
  for (int32_t i = 1; i <= n; i++) {
    first = (Record){&second, RED, 40, "records, some text of one line"};
    strcpy(text, "records, text number one here");
    text[22] = (char)('a' + i % 26);
    strcpy(copy, text);
    copy[i % 29] ^= (char)(i & 1);
    sum += (strcmp(text, copy) > 0) + 2u * (strcmp(copy, first.name) < 0);
    fill(&first, i % 50);
    if (same_letter(text, first.name, 2)) one_letter = (char)('A' + i % 26);
    total = touch(8 + i % 20, i) % 1000;
    int32_t a = i * 7 / (total + 3), b = i % 9 - a, c = 7 * (b - a) - total;
    sum = sum * 17 + (uint32_t)(a ^ b ^ c) + (uint32_t)(second.number + second.colour + one_letter + other_letter);
  }
  return (int32_t)sum;
}
