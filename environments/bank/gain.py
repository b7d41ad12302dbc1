"""Money: profit, bills, percentages, discounts, simple interest."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="profit",
        ranges=((10, 90), (5, 80)),
        stated=lambda cost, gain: (cost, cost + gain),
        right=Procedure("subtracts the cost from the price", lambda cost, gain: gain),
        misconceptions=(
            Procedure("adds cost and price", lambda cost, gain: 2 * cost + gain),
            Procedure("gives the price", lambda cost, gain: cost + gain),
            Procedure("gives the cost", lambda cost, gain: cost),
        ),
        wordings=(
            "a trader buys a watch for {0} dollars and sells it for {1} . what is the gain ?",
            "a book cost {0} and was sold for {1} dollars . find the profit .",
            "a man paid {0} for a goat and got {1} for it . how much did he gain ?",
        ),
    ),
    MathSkill(
        name="bill with coupon",
        ranges=((3, 15), (4, 25), (5, 60)),
        right=Procedure("takes the coupon off the total", lambda n, p, d: n * p - d),
        misconceptions=(
            Procedure("forgets the coupon", lambda n, p, d: n * p),
            Procedure("adds the coupon", lambda n, p, d: n * p + d),
            Procedure("adds number and price", lambda n, p, d: n + p),
        ),
        wordings=(
            "{0} shirts cost {1} dollars each . a coupon takes {2} dollars off . what is paid ?",
            "a class buys {0} tickets at {1} dollars and gets {2} dollars back . find the cost .",
            "what is the bill for {0} cakes at {1} dollars with {2} dollars off the total ?",
        ),
    ),
    MathSkill(
        name="percent of",
        ranges=((1, 9), (3, 99)),
        stated=lambda tenths, tens: (10 * tenths, 10 * tens),
        right=Procedure("takes the percentage", lambda tenths, tens: tenths * tens),
        misconceptions=(
            Procedure("gives what is left over", lambda tenths, tens: (10 - tenths) * tens),
            Procedure("subtracts the percent as a number", lambda tenths, tens: abs(10 * tens - 10 * tenths)),
            Procedure("adds the percent as a number", lambda tenths, tens: 10 * tens + 10 * tenths),
        ),
        wordings=(
            "what is {0} percent of {1} ?",
            "{0} percent of {1} students play chess . how many play ?",
            "a broker keeps {0} percent of {1} dollars . how many dollars does he keep ?",
        ),
    ),
    MathSkill(
        name="discount",
        ranges=((1, 8), (3, 99)),
        stated=lambda tenths, tens: (10 * tens, 10 * tenths),
        right=Procedure("takes the percentage off", lambda tenths, tens: (10 - tenths) * tens),
        misconceptions=(
            Procedure("gives the discount itself", lambda tenths, tens: tenths * tens),
            Procedure("raises the price", lambda tenths, tens: (10 + tenths) * tens),
            Procedure("takes the percent off as dollars", lambda tenths, tens: abs(10 * tens - 10 * tenths)),
        ),
        wordings=(
            "a coat of {0} dollars is sold at a discount of {1} percent . what is the new price ?",
            "a {0} dollar phone is {1} percent off . how much does it cost now ?",
            "the price {0} falls by {1} percent . find the reduced price .",
        ),
    ),
    MathSkill(
        name="simple interest",
        ranges=((1, 12), (2, 12), (2, 8)),
        stated=lambda hundreds, rate, years: (100 * hundreds, rate, years),
        right=Procedure("takes rate and years", lambda hundreds, rate, years: hundreds * rate * years),
        misconceptions=(
            Procedure("forgets the years", lambda hundreds, rate, years: hundreds * rate),
            Procedure("adds the principal", lambda hundreds, rate, years: 100 * hundreds + hundreds * rate * years),
            Procedure("multiplies rate and years only", lambda hundreds, rate, years: rate * years),
        ),
        wordings=(
            "find the simple interest on {0} dollars at {1} percent for {2} years .",
            "{0} dollars earn {1} percent a year . what is the interest after {2} years ?",
            "a loan of {0} runs {2} years at {1} percent simple interest . how much interest is due ?",
        ),
    ),
)
