"""The foundation every package stands on: plain types, Protocols, registry, seeding and errors."""
