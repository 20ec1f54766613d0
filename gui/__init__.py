"""The window: Qt; knows core, is known by nobody."""
