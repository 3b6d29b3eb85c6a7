@{
    ModuleVersion        = '0.1.0'
    GUID                 = '3e8cbab8-31ef-47dc-9c1b-6f079bdb52ef'
    Author               = 'The Upscale developers'
    CompanyName          = 'Upscale'
    Copyright            = 'Copyright (c) 2026 the Upscale developers. MIT licence.'
    Description          = 'Enlarges pictures with neural networks and classical filters, through a chain of plugins.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    # The cmdlets lie where PowerShell does not look: the loader, imported before them, finds them and puts them into a load
    # context of their own. They are no RootModule: the import of a second copy would then be answered with the first one
    # before the guard could refuse it.
    NestedModules        = @('module/Upscale.Guard.psm1', 'module/bin/Upscale.Loader.dll', 'Upscale.Cmdlets.dll')
    FormatsToProcess     = @('module/Upscale.Format.ps1xml')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Add-UpscaleStage'
        'Clear-UpscaleSession'
        'Compare-UpscaleImage'
        'Export-UpscalePipeline'
        'Get-UpscaleDevice'
        'Get-UpscaleModel'
        'Get-UpscalePipeline'
        'Get-UpscalePlugin'
        'Get-UpscaleSession'
        'Get-UpscaleStage'
        'Import-UpscaleModel'
        'Import-UpscalePipeline'
        'Invoke-Upscale'
        'Measure-UpscaleModel'
        'New-UpscalePipeline'
        'New-UpscalePlugin'
        'Remove-UpscaleStage'
        'Set-UpscaleStage'
        'Test-UpscalePipeline'
    )
    PrivateData          = @{
        PSData = @{
            Tags = @('PSEdition_Core', 'Windows', 'Linux', 'MacOS', 'Image', 'Upscale', 'SuperResolution', 'ONNX')
        }
    }
}
