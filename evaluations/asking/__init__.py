"""Put the questions to the models: many at a time, each answer written once, whatever a provider does."""
