"""Motion and work: distances, speeds, legs of a trip, meeting, fuel."""

from environments.bank.skill import MathSkill, Procedure

SKILLS = (
    MathSkill(
        name="distance travelled",
        ranges=((10, 90), (2, 11)),
        right=Procedure("multiplies speed by time", lambda v, t: v * t),
        misconceptions=(
            Procedure("adds speed and time", lambda v, t: v + t),
            Procedure("divides speed by time", lambda v, t: v // t),
            Procedure("takes half of the way", lambda v, t: v * t // 2),
        ),
        wordings=(
            "a train runs at {0} km per hour for {1} hours . how far does it go ?",
            "a bus drives {1} hours at a speed of {0} km per hour . find the distance .",
            "how many km does a boat sail in {1} hours at {0} km per hour ?",
        ),
    ),
    MathSkill(
        name="speed from distance",
        ranges=((5, 80), (2, 12)),
        stated=lambda v, t: (v * t, t),
        right=Procedure("divides distance by time", lambda v, t: v),
        misconceptions=(
            Procedure("subtracts the time", lambda v, t: v * t - t),
            Procedure("gives the time itself", lambda v, t: t),
            Procedure("doubles the distance", lambda v, t: 2 * v * t),
        ),
        wordings=(
            "a car covers {0} km in {1} hours . what is its speed ?",
            "in {1} hours a plane flew {0} km . how fast was it in km per hour ?",
            "a runner needs {1} minutes for {0} meters . find the speed in meters per minute .",
        ),
    ),
    MathSkill(
        name="two legs",
        ranges=((6, 40), (6, 40), (2, 6)),
        right=Procedure("adds both legs", lambda a, b, t: (a + b) * t),
        misconceptions=(
            Procedure("forgets the second leg", lambda a, b, t: a * t),
            Procedure("adds the speeds only", lambda a, b, t: a + b),
            Procedure("takes the difference of the legs", lambda a, b, t: abs(a - b) * t),
        ),
        wordings=(
            "a van drives {2} hours at {0} km per hour , then {2} hours at {1} km per hour . find the whole distance .",
            "jane rode {2} hours at {0} and {2} more hours at {1} km per hour . how far did she ride ?",
            "a ship sails at {0} km per hour for {2} hours and at {1} for {2} hours . how many km in all ?",
        ),
    ),
    MathSkill(
        name="meeting time",
        ranges=((2, 9), (4, 25), (4, 25)),
        stated=lambda t, a, b: (t * (a + b), a, b),
        right=Procedure("divides by the sum of the speeds", lambda t, a, b: t),
        misconceptions=(
            Procedure("stops at the sum of the speeds", lambda t, a, b: a + b),
            Procedure("divides by the first speed", lambda t, a, b: t * (a + b) // a),
            Procedure("subtracts the speeds", lambda t, a, b: t * (a + b) - a - b),
        ),
        wordings=(
            "trains {0} km apart move toward each other at {1} and {2} km per hour . in how many hours do they meet ?",
            "towns are {0} km apart . bikes leave both at {1} and {2} km per hour . when do they meet ?",
            "walkers start {0} meters apart and approach at {1} and {2} meters per minute . how many minutes pass ?",
        ),
    ),
    MathSkill(
        name="fuel left",
        ranges=((3, 12), (2, 9), (5, 60)),
        stated=lambda a, b, rest: (a, b, a * b + rest),
        right=Procedure("takes the fuel used from the tank", lambda a, b, rest: rest),
        misconceptions=(
            Procedure("gives the fuel used", lambda a, b, rest: a * b),
            Procedure("takes one hour only", lambda a, b, rest: a * b + rest - a),
            Procedure("adds the fuel used", lambda a, b, rest: 2 * a * b + rest),
        ),
        wordings=(
            "a tank holds {2} liters . an engine burns {0} liters an hour for {1} hours . how much is left ?",
            "from {2} liters of fuel a truck uses {0} per hour . how many liters remain after {1} hours ?",
            "a pump takes {0} liters a minute out of {2} liters . what stays after {1} minutes ?",
        ),
    ),
)
