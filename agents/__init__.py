"""Who acts: students, teachers and judges, and the models behind them."""
