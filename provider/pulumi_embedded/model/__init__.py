"""What the engine thinks in: values, names, resources and steps. Nothing here touches a file."""
