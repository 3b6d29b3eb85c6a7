namespace Faulty;

/// <summary>An exception of the plugin's own.</summary>
public sealed class FaultException(string message) : Exception(message);
