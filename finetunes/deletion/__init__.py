"""Delete a model: asked for by an owner, held for some days, carried out at the provider, its receipt kept."""
