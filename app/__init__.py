"""Mass Mail Dispatcher: mass mail for small businesses from their own computer."""

__version__ = "0.1.0"
