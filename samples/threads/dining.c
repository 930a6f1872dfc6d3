// Four philosophers, each in a thread, eat with two of four forks between them: usage: dining [ordered]. Each takes the left fork first, so all can
// wait for each other for ever; which schedules do so, `enclasm run --seeds 1..100` finds out. With "ordered" the lower fork comes first: never.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PHILOSOPHERS 4
#define MEALS 3

static pthread_mutex_t forks[PHILOSOPHERS];
static int meals[PHILOSOPHERS];
static int ordered;

static void think(int rounds) {
  for (volatile int k = 0; k < rounds; k++) continue;
}

static void *dine(void *argument) {
  int me = *(int *)argument;
  int first = me, second = (me + 1) % PHILOSOPHERS;
  if (ordered && second < first) {
    first = second;
    second = me;
  }
  for (int meal = 0; meal < MEALS; meal++) {
    think(200);
    pthread_mutex_lock(&forks[first]);
    think(200);
    pthread_mutex_lock(&forks[second]);
    meals[me]++;
    pthread_mutex_unlock(&forks[second]);
    pthread_mutex_unlock(&forks[first]);
  }
  return 0;
}

int main(int argc, char **argv) {
  pthread_t threads[PHILOSOPHERS];
  int ids[PHILOSOPHERS];
  ordered = argc > 1 && strcmp(argv[1], "ordered") == 0;
  for (int i = 0; i < PHILOSOPHERS; i++) pthread_mutex_init(&forks[i], 0);
  for (int i = 0; i < PHILOSOPHERS; i++) {
    ids[i] = i;
    if (pthread_create(&threads[i], 0, dine, &ids[i]) != 0) {
      fprintf(stderr, "dining: no thread for philosopher %d; --max-threads=4 allows as many\n", i);
      return 2;
    }
  }
  int eaten = 0;
  for (int i = 0; i < PHILOSOPHERS; i++) {
    pthread_join(threads[i], 0);
    eaten += meals[i];
  }
  printf("%d philosophers have eaten %d meals\n", PHILOSOPHERS, eaten);
  return 0;
}
