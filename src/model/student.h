/* SPDX-License-Identifier: GPL-2.0-or-later */
/** student.h - Student's t distribution. */
#ifndef MODEL_STUDENT_H
#define MODEL_STUDENT_H

/** The two-sided quantile: |t| stays below it with probability @confidence.
 *
 * @confidence: between 0 and 1, as 0.95
 * @freedom:    degrees of freedom, more than 0; need not be whole
 * Source:      Abramowitz and Stegun 26.5.8 and 26.7.1
 * Returns:     the quantile, to 9 digits
 */
double student_quantile(double confidence, double freedom);

#endif
