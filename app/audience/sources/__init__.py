"""Contacts that come from a customer management (HubSpot, Salesforce), again and again, by its REST API."""
