# Writes surveillance.csv: a made series and what the R package surveillance (1.20.3) says of its weeks.
#   Rscript surveillance.R
suppressMessages(library(surveillance)); set.seed(7)
n <- 420; t <- 1:n
mu <- exp(1.6 + 0.0012*t + 0.5*cos(2*pi*t/52) + 0.2*sin(2*pi*t/52))
y <- rnbinom(n, size = mu/0.8, prob = 1/1.8); y[200:203] <- y[200:203] + c(6,14,9,4); y[391:393] <- y[391:393] + c(12, 20, 8)
dates <- as.Date("2016-01-04") + 7*(0:(n-1)); rng <- 300:n
S <- sts(observed = matrix(y), epoch = as.numeric(dates), epochAsDate = TRUE, frequency = 52, start = c(2016, 1))
dp <- create.disProg(week = t, observed = y, state = rep(0, n), freq = 52, start = c(2016, 1))
f <- farringtonFlexible(S, list(range = rng, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58, alpha = 0.01, trend = TRUE, pThresholdTrend = 1, limit54 = c(0,4), noPeriods = 10, glmWarnings = FALSE, pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin"))
o <- farrington(S, list(range = rng, b = 5, w = 3, reweight = TRUE, alpha = 0.01, trend = TRUE, limit54 = c(0,4), powertrans = "2/3"))
e <- lapply(c("C1","C2","C3"), function(m) earsC(S, list(range = rng, method = m, alpha = 0.01, baseline = 7, minSigma = 0.5)))
cu <- algo.cusum(dp, list(range = rng, k = 1.04, h = 2.26, m = NULL, trans = "rossi"))
g <- algo.glrnb(dp, list(range = rng, c.ARL = 5, mu0 = mu[rng], alpha = 0.1, Mtilde = 1, M = 49, change = "intercept", dir = "inc", ret = "value"))
out <- data.frame(date = dates, observed = y, mu = NA, ff_expected = NA, ff_upper = NA, ff_alarm = NA, fa_upper = NA, fa_alarm = NA, c1_upper = NA, c2_upper = NA, c3_upper = NA, cusum = NA, cusum_upper = NA, glr = NA, glr_alarm = NA)
out$mu <- mu
out$ff_expected[rng] <- f@control$expected; out$ff_upper[rng] <- f@upperbound; out$ff_alarm[rng] <- as.integer(f@alarm)
out$fa_upper[rng] <- o@upperbound; out$fa_alarm[rng] <- as.integer(o@alarm)
for (i in 1:3) out[[paste0("c", i, "_upper")]][rng] <- e[[i]]@upperbound
out$cusum[rng] <- cu$cusum; out$cusum_upper[rng] <- cu$upperbound; out$glr[rng] <- g$upperbound; out$glr_alarm[rng] <- as.integer(g$alarm)
write.csv(format(out, digits = 12, trim = TRUE), "surveillance.csv", row.names = FALSE, quote = FALSE)
