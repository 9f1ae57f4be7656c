"""OpenSubsonic: the protocol, and the methods of it that music players ask for."""
