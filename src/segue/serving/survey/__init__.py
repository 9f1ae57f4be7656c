"""The survey: people compare two systems on scenarios of test dialogues. Source: TalkPlay 4.1, appendix C."""
