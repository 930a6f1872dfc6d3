; How many ways are there to place n queens on a board of n by n, none attacking another?

(define append-one (lambda (item list) (cons item list)))

; Is a queen in this row, `distance` columns from the first of `placed`, safe?
(define safe? (lambda (row distance placed)
  (cond ((null? placed) t)
        ((= row (car placed)) ())
        ((= row (+ (car placed) distance)) ())
        ((= row (- (car placed) distance)) ())
        (t (safe? row (+ distance 1) (cdr placed))))))

(define place (lambda (n column placed)
  (if (= column n)
      1
      (let ((try ()))
        (set! try (lambda (row count)
          (if (= row n)
              count
              (try (+ row 1)
                   (if (safe? row 1 placed)
                       (+ count (place n (+ column 1) (append-one row placed)))
                       count)))))
        (try 0 0)))))

(define queens (lambda (n) (place n 0 ())))

(define print-up-to (lambda (n last)
  (if (< last n)
      'done
      (begin
        (print (cons n (queens n)))
        (print-up-to (+ n 1) last)))))

(print '(queens and the number of solutions))
(print-up-to 1 7)
