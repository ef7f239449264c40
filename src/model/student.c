/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/student.h"

#include <math.h>

/* Continued fraction of the incomplete beta function (26.5.8), by the modified Lentz
 * method. */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), result, term;
	int m;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	result = d;
	for (m = 1; m <= 300; m++) {
		term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		d = 1 + term * d;
		c = 1 + term / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		result *= d * c;
		term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 + term * d;
		c = 1 + term / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		result *= d * c;
		if (fabs(d * c - 1) < 1e-15)
			break;
	}
	return result;
}

static double beta_incomplete(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* Probability that |t| is at most @t (26.7.1). */
static double student_within(double t, double freedom)
{
	return 1 - beta_incomplete(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double student_quantile(double confidence, double freedom)
{
	double low = 0, high = 1, middle;
	int i;

	while (student_within(high, freedom) < confidence && high < 1e12)
		high *= 2;
	for (i = 0; i < 100; i++) {
		middle = (low + high) / 2;
		if (student_within(middle, freedom) < confidence)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
