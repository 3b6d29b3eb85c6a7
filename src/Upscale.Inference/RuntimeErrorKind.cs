namespace Upscale.Inference;

/// <summary>What a failure of the native runtime means to a caller.</summary>
public enum RuntimeErrorKind
{
    /// <summary>Anything else.</summary>
    Other,

    /// <summary>There was not enough memory on the device or in the process: a smaller tile may fit.</summary>
    TooLarge,

    /// <summary>The run was stopped because it was asked to stop.</summary>
    Cancelled,

    /// <summary>The network is damaged, needs something that is not there, or does not take such an input.</summary>
    ModelBad,
}
